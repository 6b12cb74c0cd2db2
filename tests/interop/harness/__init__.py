"""What the scenarios are made of: a feed, the bridge, an application, and how they are waited for."""
