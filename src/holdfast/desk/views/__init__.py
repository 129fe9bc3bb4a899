"""The desk's pages and fragments, by what they are about. Each view makes one call into the rooms below."""
