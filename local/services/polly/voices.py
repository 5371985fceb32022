"""Which language each of Polly's voices speaks.

What DescribeVoices answers, as moto 5.2.5 keeps it. Voices that came later are not in it.
"""

# fmt: off
_VOICES = {
    "ar-AE": "Hala Zayd", "arb": "Zeina", "ca-ES": "Arlet", "cmn-CN": "Zhiyu", "cs-CZ": "Jitka",
    "cy-GB": "Gwyneth", "da-DK": "Mads Naja Sofie", "de-AT": "Hannah", "de-CH": "Sabrina",
    "de-DE": "Daniel Hans Marlene Vicki", "en-AU": "Nicole Olivia Russell",
    "en-GB": "Amy Arthur Brian Emma", "en-GB-WLS": "Geraint", "en-IE": "Niamh",
    "en-IN": "Aditi Kajal Raveena", "en-NZ": "Aria",
    "en-US": "Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli"
             " Stephen",
    "en-ZA": "Ayanda", "es-ES": "Conchita Enrique Lucia Sergio", "es-MX": "Andres Mia",
    "es-US": "Lupe Miguel Pedro Penelope", "fi-FI": "Suvi", "fr-BE": "Isabelle",
    "fr-CA": "Chantal Gabrielle Liam", "fr-FR": "Celine Lea Mathieu Remi", "is-IS": "Dora Karl",
    "it-IT": "Adriano Bianca Carla Giorgio", "ja-JP": "Kazuha Mizuki Takumi Tomoko",
    "ko-KR": "Seoyeon", "nb-NO": "Ida Liv", "nl-BE": "Lisa", "nl-NL": "Laura Lotte Ruben",
    "pl-PL": "Ewa Jacek Jan Maja Ola", "pt-BR": "Camila Ricardo Thiago Vitoria",
    "pt-PT": "Cristiano Ines", "ro-RO": "Carmen", "ru-RU": "Maxim Tatyana", "sv-SE": "Astrid Elin",
    "tr-TR": "Burcu Filiz", "yue-CN": "Hiujin",
}
# fmt: on
LANGUAGES = {name: language for language, names in _VOICES.items() for name in names.split()}
"""Voice -> its language, the default one of a bilingual voice."""
# Languages that espeak names otherwise than by their first two letters.
_ESPEAK = {"arb": "ar", "cmn-CN": "cmn", "fr-BE": "fr-BE", "nb-NO": "nb", "pt-BR": "pt-BR"}
_ESPEAK |= {"es-MX": "es-419", "es-US": "es-419", "yue-CN": "yue"}


def espeak_voice(language: str) -> str:
    """The name by which espeak knows a language of Polly's."""
    return _ESPEAK.get(language, language.partition("-")[0])
