"""Which letters a language writes beside A to Z: evidence for a charset, of which a text has none.

Sources: the exemplar characters of the Unicode CLDR 47 (main, and common auxiliary letters).
"""

import unicodedata

# Lower case; a text may have the upper case of each.
LATIN = {
    "Afrikaans": "áèéêëíîïóôöúû",
    "Albanian": "çë",
    "Basque": "çñü",
    "Catalan": "àçèéíïòóúü",
    "Croatian": "ćčđšž",
    "Czech": "áčďéěíňóřšťúůýž",
    "Danish and Norwegian": "åæéèêòóôø",
    "Dutch": "áèéêëíïóöúü",
    "English": "àâäçèéêëîïñôöûü",
    "Estonian": "äõöšüž",
    "Finnish": "äåéöšž",
    "French": "àâæçèéêëîïôœùûüÿ",
    "German": "äöüßé",
    "Hungarian": "áéíóöőúüű",
    "Icelandic": "áæéíðóöúýþ",
    "Irish": "áéíóú",
    "Italian": "àèéìòù",
    "Latvian": "āčēģīķļņšūž",
    "Lithuanian": "ąčėęįšūųž",
    "Polish": "ąćęłńóśźż",
    "Portuguese": "àáâãçéêíòóôõúü",
    "Romanian": "ăâîșşțţ",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Spanish": "áéíñóúü",
    "Swedish": "åäéöü",
    "Turkish": "âçğîıöşûüi\u0307",
    # Its five tones are marks in windows-1258, and parts of letters in Unicode.
    "Vietnamese": "âđêôơưă\u0300\u0301\u0303\u0309\u0323"
    + unicodedata.normalize(
        "NFC",
        "".join(
            letter + tone for letter in "aâăeêioôơuưy" for tone in "\u0300\u0301\u0303\u0309\u0323"
        ),
    ),
}
# Languages whose texts are full of such letters: how many different ones a text soon has, and the
# least share of them among all letters. Half of what is usual, for lists and headings.
RICH = {
    "Albanian": (2, 0.03),
    "Croatian": (5, 0.012),
    "Czech": (12, 0.05),
    "Estonian": (4, 0.015),
    "Finnish": (2, 0.015),
    "Hungarian": (7, 0.04),
    "Icelandic": (8, 0.04),
    "Latvian": (9, 0.04),
    "Lithuanian": (8, 0.025),
    "Polish": (8, 0.025),
    "Romanian": (5, 0.015),
    "Slovak": (12, 0.05),
    "Swedish": (3, 0.015),
    "Turkish": (6, 0.03),
    "Vietnamese": (12, 0.1),
}
CYRILLIC = {
    "Belarusian": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
    "Bulgarian": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "Macedonian": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
    "Russian": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "Serbian": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "Ukrainian": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
# Words that English and its neighbours took over with their accents: one of them says more about a
# charset than the letters of a short text do.
LOANWORDS = frozenset(
    "à attaché blasé café cafés châteaux château cliché clichés crème brûlée crèche débâcle décor"
    " découpage déjà émigré entrée exposé façade façades fête fiancé fiancée jalapeño maître naïve"
    " naïvety née papier-mâché passé piñata pâté protégé purée raison d'être risqué rosé résumé"
    " résumés señor señora séance soirée sauté soufflé touché vis-à-vis voilà über zoë chloë brontë"
    " noël".split()
)
# The most frequent words of each language that hold such a letter, without those of one letter.
FREQUENT = frozenset(
    # Western Europe
    "très été était être même après déjà où français années où ça là voilà für über können müssen"
    " würde möchte während schön größe zurück más también está qué años después así día según aquí"
    " não são também está até já você então só três più perché così può già città però né qualità"
    " één és més què també però així där på för också från när över även är så også være får når"
    " således að það við með því svo ekki það mjög sé bé että myös tämä sitä hän ovat mikä"
    # Central and northern Europe
    " że není také když být při až které který může jak více své svůj já tě mě se sú môže aj však"
    " keď"
    " pre ešte buď ako się że być są jeśli już może także przez będzie które który tę tą och också"
    " és egy hogy két több között után által még már csak azért če še več tudi pri šestdeset što"
    " više već može također će će biti și în să că după până când această în între peste fără"
    " või õige käib nägu üks kõik ära kā arī tā šis vēl pēc gan nav iš kad šis jų taip už būti"
    " için değil çok olduğu böyle gün şey büyük ama göre është të në që për nuk më një dhe janë"
    # Cyrillic, Greek
    " не что это как все он она для его или но из они мы вы уже при чтобы также не що це як але"
    " про від для та це за със като или това към още той тя беше са је није што као али за или"
    " ово"
    " και το να την του της με που για από στην στο είναι δεν τα οι ένα".split()
)
