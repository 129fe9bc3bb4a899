"""Pages about where, when and on which machine values may be opened: rules for admins, one's own standing, leave."""
