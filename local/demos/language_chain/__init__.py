"""The demo of the language chain."""

from local.demos.language_chain.demo import LanguageChainDemo

DEMO = LanguageChainDemo
