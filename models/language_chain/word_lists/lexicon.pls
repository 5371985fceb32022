<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0"
      xmlns="http://www.w3.org/2005/01/pronunciation-lexicon"
      alphabet="ipa"
      xml:lang="en-US">
  <lexeme>
    <grapheme>IAM</grapheme>
    <alias>I A M</alias>
  </lexeme>
  <lexeme>
    <grapheme>ETL</grapheme>
    <alias>E T L</alias>
  </lexeme>
  <lexeme>
    <grapheme>Parquet</grapheme>
    <phoneme>pɑɹˈkeɪ</phoneme>
  </lexeme>
</lexicon>
