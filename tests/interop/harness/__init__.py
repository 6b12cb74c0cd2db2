"""What the scenarios are made of: platforms, the bridge, applications, and how they are waited for."""
