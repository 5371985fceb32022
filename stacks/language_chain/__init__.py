"""language-chain: Step Functions, Transcribe, Translate, Comprehend and Polly."""

from stacks.architecture import Architecture
from stacks.language_chain.settings import LANGUAGE_CHAIN
from stacks.language_chain.stack import LanguageChain

ARCHITECTURE = Architecture(
    name="language-chain",
    summary="a document or a recording in any language becomes one text with its sentiment,"
    " entities, key phrases and personal data, as JSON, as a row in Athena, and read aloud",
    stacks=(LanguageChain,),
    settings=(LANGUAGE_CHAIN,),
    budget="language_chain.budget_usd",
)
