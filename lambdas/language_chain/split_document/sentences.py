"""Whether a full stop ends a sentence: it also stands in abbreviations, initials and ordinals.

The maintained splitters read 30 KB a second at best (syntok 1.4.4; pysbd 0.3.4 reads 8), and know
a few languages. A wrong answer here costs little: a cut at another sentence.
"""

import regex

# Without their full stops; words of the languages whose sentences begin with a capital.
ABBREVIATIONS = frozenset(
    # English
    "adm al approx apr aug ave bros capt cf ch co col comdr corp dec dept dr ed eds esp est etc ex"
    " feb fig figs fri ft gen gov hon inc jan jr jul jun lt ltd maj mar messrs mo mon mr mrs ms mt"
    " no nos nov oct op p pp prof rep rev sat sec sen sep sept sgt sr st sun thu tue univ v viz vol"
    " vs wed"
    # German
    " abb abs abschn art aufl bd bes bsp bspw bzgl bzw ca dipl evtl ggf hl hr hrsg ing inkl jh kap"
    " kath lt mind mio mrd mwst nr op rd sog sr std str tel tsd usw vgl zt zz"
    # French
    " av bd chap cie env éd fr hab mgr mlle mm mme mr ms obs p pp sté tél"
    # Spanish, Portuguese, Italian
    " apdo art arts avda ca cap cía c dña dra dras dres ee ej excmo fig gral ilmo ing lic ltda núm"
    " pág págs prof prov sr sra sras sres srta ud uds vda avv cap dott ecc egr es fig geom ill int"
    " on"
    " pag pagg rag sig sigg sig.ra spett tel exmo exma ltda rua"
    # Dutch, Swedish, Danish, Norwegian
    " afb bijv blz bv cq dhr drs enz evt incl ir jl mevr mw nl nr ong resp zgn bl dvs exkl fk ink"
    " kap osv obs st ca f eks jf mv nr pga"
    # Polish, Czech, Russian
    " al dr godz hab inż itd itp m.in mgr np nr os pl płk prof r ks św tj tzn tzw ul wg ww zob"
    " čp č doc kpt mj např odst popř příp př resp sv tj tzv viz"
    " г гг д др им кв коп л млн млрд напр обл пер пр просп проф р руб рис с см св стр т тел тыс ул"
    " чл".split()
)
_LAST_WORD = regex.compile(r"(?r)[\p{L}\p{M}\p{N}.]+")
_OPENING = "\"'([{«„“‚‘¿¡"


def ends_sentence(text: str, stop: int, after: int) -> bool:
    """Whether the mark at `stop` ends a sentence that is followed by what is at `after`.

    `text[stop]` is the first of the marks; white space and closing quotes are between them.
    """
    if "\n" in text[stop:after] and text[stop:after].count("\n") > 1:
        return True
    following = text[after : after + 4].lstrip(_OPENING)[:1]
    if following.islower():
        return False
    if text[stop] != "." or text[stop : stop + 2] == "..":
        return True
    word = _LAST_WORD.search(text, max(0, stop - 24), stop)
    if not word or word.end() != stop:
        return True
    last = word[0].rpartition(".")[2]
    is_initial = len(last) == 1 and last.isalpha()
    is_ordinal = last.isdigit() and len(last) <= 2 and "." not in word[0]
    return not (is_initial or is_ordinal or last.lower() in ABBREVIATIONS)
