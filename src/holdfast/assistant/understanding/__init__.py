"""Which of the things this deployment knows does a text ask for, and is it any of them at all?

In: texts with labels to learn from, then a text. Out: `model.Understood`, and from `gate.Gate` whether it may be acted
on; what does not pass goes to a person. No Django and no database here. `evaluate.py` measures it on files.
"""
