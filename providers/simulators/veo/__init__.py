"""Vertex AI as Veo and Gemini images see it, with the bucket that results land in."""
