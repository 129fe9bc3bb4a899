"""Help articles in several languages, and the search over them; the public help centre.

In: Markdown articles with versions. Out: passages with their article, version and score; public pages.
"""
