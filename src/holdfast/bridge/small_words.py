"""Words that say nothing about the matter: articles, pronouns, greetings, and what every request for help has in it.

In the languages below. In others these words are counted like any, so that a topic there may be one of them.
"""

from __future__ import annotations

from typing import Final

_BY_LANGUAGE: Final = {
    "en": "a an the and or but if so as of in on at to from for with without by about into after before since"
    " until over under again out off up down i me my mine we us our you your he him his she her it its"
    " they them their this that these those there here who whom whose which what when where why how is am"
    " are was were be been being do does did done have has had having can could will would shall should"
    " may might must not no nor yes none any some all each every both few more most other another such"
    " only own same than then too very just also now still already yet ever never get got getting go going"
    " gone see seen make made take took want wanted need needs needed please help hello hi hey dear thanks"
    " thank regards sincerely sir madam good morning afternoon evening day today yesterday tomorrow can't"
    " cannot don't doesn't didn't isn't won't i'm i've it's that's what's there's let know tell told say"
    " said ask asked someone somebody anyone something anything nothing one two time times way thing"
    " things really sure ok okay like because while during between through back re fw fwd question issue"
    " problem support customer service team request message email mail chat contact write wrote written"
    " asap urgent keep keeps keeping try tried trying think",
    "de": "der die das den dem des ein eine einer eines einem einen und oder aber wenn als wie wo wer was wann"
    " warum weshalb ich mich mir mein meine meiner meinem meinen wir uns unser unsere du dich dir dein"
    " deine sie ihr ihre ihnen er ihn ihm es man sich ist bin bist sind war waren sein habe hat haben"
    " hatte werden wird wurde kann können könnte muss soll sollte will möchte nicht kein keine keinen ja"
    " nein auch noch schon nur sehr mehr immer wieder jetzt heute gestern hier da dort in im an am auf aus"
    " bei beim mit nach von vom vor zu zum zur über unter für gegen ohne um durch seit bis dass weil denn"
    " doch mal bitte hilfe hallo guten tag morgen abend danke grüße freundliche freundlichen liebe lieber"
    " geehrte geehrter damen herren frage problem anfrage kundenservice diese dieser dieses diesen",
    "es": "el la los las un una unos unas y o pero si como de del en a al por para con sin sobre entre desde"
    " hasta yo me mi mis nos nuestro nuestra tu su sus usted ustedes él ella ellos lo le les se que qué"
    " quién cuál cuándo dónde cómo es soy son era fue ser estar está están estoy hay ha he han había tengo"
    " tiene puedo puede quiero quisiera no sí ni ya muy más también ahora hoy ayer aquí esto esta este"
    " estos ese esa eso porque cuando hola buenos días buenas tardes gracias favor ayuda saludos problema"
    " pregunta necesito",
    "fr": "le la les un une des du de d l et ou mais si comme dans en à au aux par pour avec sans sur sous"
    " entre depuis jusque je j me m mon ma mes nous notre nos vous votre vos tu ton il elle ils elles on"
    " se s son sa ses leur ce cet cette ces cela ça qui que quoi quel quelle quand où comment pourquoi est"
    " suis sont était être ai as a avons avez ont avait peux peut pouvez veux voudrais ne n pas non oui"
    " plus très aussi encore déjà toujours maintenant aujourd'hui hier ici bonjour bonsoir merci svp s'il"
    " plaît aide cordialement problème question besoin",
    "id": "yang dan atau tetapi tapi jika kalau untuk dari di ke pada dengan tanpa tentang oleh saya aku kami"
    " kita anda kamu dia mereka ini itu apa siapa kapan mana dimana mengapa kenapa bagaimana adalah ada"
    " tidak bukan belum sudah telah akan bisa dapat harus ingin mau juga lagi masih sangat lebih saja"
    " sekarang hari kemarin tolong mohon bantu bantuan halo selamat pagi siang sore malam terima kasih pak"
    " bu bapak ibu masalah karena agar supaya nya",
    "it": "il lo la i gli le un uno una e o ma se come di del della dei in nel nella a al alla da dal per con"
    " senza su tra io mi mio mia miei noi ci nostro voi vi vostro tu lei lui loro suo sua che chi cosa"
    " quale quando dove perché è sono era essere ho ha hanno abbiamo posso può vorrei non sì no più molto"
    " anche ancora già ora oggi ieri qui questo questa buongiorno salve grazie favore aiuto saluti"
    " problema domanda",
    "nl": "de het een en of maar als zoals van in op aan te tot bij met zonder voor over onder tussen sinds ik"
    " me mij mijn wij we ons onze je jij jouw u uw hij hem zijn zij ze haar hun dit dat deze die er wie"
    " wat waar wanneer waarom hoe is ben bent was waren heb heeft hebben had kan kunnen moet wil wilt niet"
    " geen ja nee ook nog al zeer meer nu vandaag gisteren hier hallo goedemorgen dag dank bedankt"
    " alstublieft help hulp groeten vraag probleem",
    "pt": "o a os as um uma uns umas e ou mas se como de do da dos das em no na nos nas ao à por para pra com"
    " sem sobre entre desde até eu me meu minha meus minhas nós nosso nossa você vocês tu seu sua ele ela"
    " eles isso isto esse essa este esta que quem qual quando onde porque porquê é sou são era foi ser"
    " estar está estão estou há tem tenho tinha posso pode quero queria gostaria não sim já muito mais"
    " também ainda agora hoje ontem aqui olá oi bom boa dia tarde noite obrigado obrigada favor ajuda"
    " preciso atenciosamente problema pergunta",
}
SMALL: Final = frozenset(word.casefold() for words in _BY_LANGUAGE.values() for word in words.split())
