"""Wait until Transcribe has built a custom vocabulary, as a part of the deployment."""
