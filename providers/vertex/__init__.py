"""Google's Vertex AI as both Veo and Gemini are reached: settings, tokens, calls, errors, buckets."""
