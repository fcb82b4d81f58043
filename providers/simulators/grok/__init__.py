"""xAI's side of Grok Imagine, on loopback."""
