"""One message for very many people, each in their language: never twice, and never lost from sight.

In: recipients and texts, approved by two people. Out: deliveries in chunks at the pace each provider bears.
"""
