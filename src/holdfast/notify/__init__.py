"""What leaves: delivery rows and the providers that carry them.

In: messages to customers. Out: deliveries with a state (pending, sending, sent, failed, unknown).
Only this room writes deliveries. What is unknown after a crash is shown, not blindly sent again.
"""
