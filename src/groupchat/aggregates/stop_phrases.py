"""The phrases by which a text is marked as a possible opt-out (R40): data for `stop_wishes.py`.

Each line is a phrase in words, a colon, and a pattern of whole words, for a text without case, accents, apostrophes and dashes.
Names in braces are the parts below. `^` and `$` are the beginning and the end of a sentence.
"""

PARTS = {
    "me": "(me|us|my (number|name|phone|cell|contact|info)|this( number| phone)?)",
    "texts": "(text|txt|message|msg|sms|mms|spam|notification|alert|ad|promo|promotion|offer|update|reminder)(s|ing)?",
    "of": "(of|with|all|any|these|those|the|this|your|my|more|further|future|group) ",
    "to_text": "(text|txt|messag|message|msg|contact|call|writ|write|send|bother|spamm?|includ|include|add|email)(ing|ed)?",
    "please": "(please|pls|plz|kindly|just)",
    "thanks": "(please|pls|plz|it|this|now|thanks|thank you|thx|already|asap)",
    "not": "(do not|dont|did not|didnt|never|no longer|not)",
    "name": "(?!at|in|on|a|the|so|too|very|going|sure|free|able|done|ready|here|there|home|well|good|bad|right|yet)[a-z]+",
    "mensajes": "(mensaj|text|notificacion|promocion|publicidad|spam|sms|lista|grupo)[a-z]*",
    "escribir": "(envi|mand|escrib|molest|contact|llam|text|acos|agreg)[a-z]*",
    "numero": "(numero|nombre|telefono|contacto)",
    "ecrire": "(ecri|envo|contact|text|derang|harcel|spam|appel|inclu)[a-z]*",
    "textos": "(message|texto|sms|pub|spam|courriel|groupe|liste)s?",
    "svp": "(svp|stp|sil vous plait|sil te plait|merci|maintenant|tout)",
}

ENGLISH = """
stop: ^(no|ok|okay|hey|can you|could you|would you|will you|i said|you need to)? ?({please} )*(stop|unsubscribe)( {thanks})*$
stop texting: (stop|quit|cease|end|discontinue) (harassing|{to_text}|({of})*{texts})
unsubscribe: un ?sub(scribe|scribing)?
opt out: opt(ing|ed)? ({me} )?out
take me off: (take|remove|delete|drop|get|erase|pull|exclude|leave) {me} (off|out|from|of)( {please})?
remove me: ^({please} )*(remove|delete) (me|us)( {thanks})*$
remove my number: (remove|delete|erase|lose) my (number|name|phone|cell|contact|info)
want to be removed: (want|like|asked|need) to be (removed|taken off)
want out: want (off|out) of (this|the|your)
do not text me: (do not|dont|never|cannot) (ever |please |you )*({to_text}|reach out) ?(to )?({me}|anything|anymore|again|{texts})
no more texts: no (more|longer) ({of})*{texts}
no more: ^no more$
do not want texts: {not} (want|wish|need|care|ask|consent|agree)( to| for| get| receive| be)* ({of})*({texts}|list|thread|anymore)
never agreed: {not} (consent|agree)(ed)? to (this|these|that|be|get|receive)
never signed up: {not} (sign|signed|subscribe|subscribed|opt|opted) ?(up|in)?
leave me alone: leave (me|us) (the [a-z]+ )?alone
go away: ^(please )?(go away|get lost|buzz off)
swearing: (fuck|screw) (off|you|u)
wrong number: wrong (number|person)
not their number: (isnt|is not|not|no longer) ([a-z]+s|my|his|her|their) (number|phone)( any ?more)?
not that person: ^(this is not|this isnt|im not|i am not|its not) {name}$
nobody of that name: (no one|nobody)( here)? (by|with) that name
not interested: (not|no longer|never) interested
do not call list: do not (call|contact) (list|registry)
blocking you: block(ing|ed)? (you|u|this number|your number)
reporting: report(ing|ed)? (you|this|u|it) (to|as|for)
harassment: ^(this is |its |just |more )*(spam|harassment|a scam|junk)$
subscription: cancel my subscription
consent: (revoke|withdraw)(ing)? (my )?consent
cease: cease and desist
"""

SPANISH = """
alto: ^(por favor )?(alto|para|pare|paren|basta|stop|detente|detenganse)( por favor| ya| gracias)*$
ya basta: ^ya basta$
dejen de escribir: (deja|deje|dejen|dejar|para|pare|paren|basta) (ya )?de {escribir}
no me escriban: no (me|nos|los|vuelvan a|vuelva a) ({escribir}|incluy[a-z]+)
no quiero mensajes: no (quiero|deseo|pedi|autorice)( mas| recibir| estar en)*( estos| estas| esta| este| la| el| sus?)? {mensajes}
no más mensajes: no mas {mensajes}
ya no quiero: ya no (quiero|deseo) (estar|recibir|seguir)
quítenme de la lista: (quit|sac|saqu|borr|elimin)[a-z]*(me|nos)
borre mi número: (quit|borr|elimin|olvid)[a-z]* mi {numero}
salir del grupo: salir de (este|esta|la|el) (grupo|lista|chat)
baja: (dar|dame|denme|deme|darme|darse|solicito la) (de )?baja
suscripción: cancel[a-z]* (la|mi|esta) suscripcion
número equivocado: (numero|persona|telefono) equivocad[oa]
se equivocó: (equivoco|equivocaron) de (numero|persona)
no soy esa persona: ^no soy (?!de|el|la|un|una|yo|muy)[a-z]+$
no me interesa: no (me|nos) interesan?
no estoy interesado: no estoy interesad[oa]
en paz: (dejame|dejeme|dejenme) (en paz|tranquil[oa])
es spam: es (spam|acoso)
los voy a bloquear: (los|lo|la|te) voy a (bloquear|denunciar|reportar)
"""

FRENCH = """
arrêt: ^({svp} )*(stop|arretez?|cessez)( {svp}| ca)*$
assez: ^(ca suffit|assez)$
arrêtez d'écrire: (arret|cess)[a-z]* (de |d)(me |m|nous )?{ecrire}
plus de messages: (plus de|plus aucun|assez de|stop aux) {textos}
ne m'écrivez plus: (ne (me |m|nous )?|n|nem?){ecrire} (plus|pas)
je ne veux pas: (veux|souhaite|desire) (plus|pas)( recevoir| etre| faire| partie| dans| de| vos| ces| ce| cette| la| sur)* {textos}
jamais demandé: jamais (demande|inscrit|consenti)
retirez-moi: (retir|enlev|supprim|effac|otez|exclu)[a-z]* (moi|nous|mon (numero|nom))
désabonnement: (desabonn|desinscri)[a-z]+
abonnement: annulez? (mon )?abonnement
sortir du groupe: sortir de (ce|cette|la|votre) (groupe|liste|discussion)
mauvais numéro: (mauvais|faux) numero
mauvaise personne: (mauvaise|pas la bonne) personne
trompé de numéro: trompee?s? de (numero|personne)
pas cette personne: ^je (ne )?suis pas (?!sur|sure|libre|disponible|dispo|pret|prete|certain|la|en|au|a|encore|loin|bien)[a-z]+$
pas intéressé: (pas|plus) interesse[a-z]*
tranquille: (laissez?|foutez|fichez) (moi|nous) (tranquille|en paix|la paix)
c'est du spam: cest du (spam|harcelement)
bloquer: vais (vous|te) (bloquer|signaler)
"""

TYPOS = "s+t+[o0]+p+ dtop stpo sotp tsop stoped unsuscribe unsubcribe unsubsribe unsubscrib"
"""Whole texts that are a misspelled keyword."""

SIGNS = "\U0001f6d1\u26d4\U0001f6ab\u270b\U0001f645"
"""Stop sign, no entry, prohibited, a raised hand, a person who gestures no."""

NOT_MEANT = """
(dont|do not|cant|cannot|couldnt|wont|never|didnt|doesnt) stop
stop (by|at|in|over|off|sign|light|and|for)
(bus|truck|pit|next|full|train) stop
(dont|do not|didnt|did not|never) (get|got|receive|received|see|saw) (a|any|the|your|that|my) [a-z]+
i (have )?unsubscribed from
no me llego (el|la|su)
"""
"""Common phrases in which the words mean something else. They are left out before the rules look."""
