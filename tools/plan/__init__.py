"""`make plan`: what a change does to the templates, for its reviewer, without an AWS account."""
