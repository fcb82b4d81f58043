"""Grok Imagine: xAI's video and image models over REST."""
