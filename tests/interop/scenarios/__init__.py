"""What must happen, once for each wire profile and client."""
