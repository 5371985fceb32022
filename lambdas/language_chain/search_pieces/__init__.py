"""Ask Comprehend for the entities, key phrases and personal data of many pieces at once."""
