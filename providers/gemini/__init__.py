"""Gemini's image models on Vertex AI."""
