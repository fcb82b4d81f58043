"""Veo 3.1 on Vertex AI."""
