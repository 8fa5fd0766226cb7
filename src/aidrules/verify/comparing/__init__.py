"""Two policies to who gains, who loses, and between which values they differ."""
