"""A reader's AWS account: checked before a deploy, driven after it, and searched for remains."""
