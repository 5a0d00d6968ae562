"""What should not stand in a free text: card numbers, codes, prices, insults, health, contact details,
links, a child's name.

:func:`scan` is pure and says where. What a rule is told as, and whether it refuses the text or only points something out, is in
:data:`RULES`. The aim is few false alarms: the doctor, the pharmacy, medicines to fetch, a wheelchair, a stick, poor sight or hearing
are what volunteers must know to help, and pass.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.first_names import FIRST_NAMES


@dataclass(frozen=True)
class Finding:
    """``text[start:end]`` is the passage that ``rule`` found."""

    rule: str
    start: int
    end: int


@dataclass(frozen=True)
class Rule:
    """``words`` say what it looks like and what to do. ``refused``: nobody may send it as it is."""

    words: LazyString
    refused: bool = False


RULES = {
    "card": Rule(
        _l("This looks like the number of a bank card, an account or the social security. Take it out: nobody needs it here, ever."),
        refused=True,
    ),
    "child": Rule(_l("This looks like a child’s name. Take it out, and write “my son” or “my daughter”."), refused=True),
    "code": Rule(_l("This looks like a code, or where a key is. Take it out: tell the volunteer yourself, once you know who comes.")),
    "contact": Rule(
        _l("This looks like a phone number or an e-mail address. Leave it out: both sides get them once both have said yes.")
    ),
    "link": Rule(_l("This looks like the address of a website. Leave it out: say in your own words what is needed.")),
    "insult": Rule(_l("This may hurt whoever reads it. Say it in other words.")),
    "price": Rule(_l("This looks like a price or a payment. The help is free. What is bought for you is paid back against the receipt.")),
    "young": Rule(_l("This looks like the name of a child. Leave it out: the volunteer can help without knowing it.")),
    "health": Rule(_l("This looks like something about health. Leave it out: the volunteer can help without knowing it.")),
}
"""In the order in which they count where passages overlap."""


def _any(lines: str, *, word: bool = True) -> re.Pattern[str]:
    """One of the alternatives on each line; ``word``: with a boundary on both sides."""
    each = "|".join(line.strip() for line in lines.strip().splitlines())
    return re.compile(rf"\b(?:{each})\b" if word else each)


_HEALTH = _any(r"""
al[sz]h?eimer|parkinson|demence|dementia|epilep\w+|diabet\w+|cancers?|cancere\w+|tumeurs?|tumou?rs?|metastases?|leucemie|leuk(?:a)?emia
chimio\w*|chemo\w*|radiotherap\w+|dialys(?:es?|is)|depressi(?:f|fs|ve|ves|on|ons)|depressed|bipolaires?|bipolar|schizophren\w+|psychos\w+
autis(?:me|tes?|tic|m)|trisomi\w+|handicap\w*|disabilit(?:y|ies)|disabled|invalidite|asthm\w+|avc|infarctus|crise cardiaque
heart (?:attack|disease)|(?:had|after|since) (?:a|my|the|her|his) stroke|insuffisance (?:cardiaque|renale|respiratoire)|vih|hiv|sida
hepatit\w+|covid\w*|tuberculos\w+|sclerose|sclerosis|arthrose|arthrit\w+|osteopor\w+|rhumatismes?|rheumati\w+|hypertension|cholesterol
thyroide|thyroid|glaucome|glaucoma|cataracte?s?|migraines?|hernies?|hernias?|sciatique|sciatica|lumbago|\w+plegi\w+|incontinen\w+
anorexi\w+|boulimi\w+|bulimi\w+|burn[ -]?out|alcooli(?:que|ques|sme)|alcoholi\w+|toxicoman\w+|suicid\w+|psychiatr\w+|psychotherap\w+
oncolog\w+|grossesse|pregnan\w+|(?:suis|est|etait|etais) enceinte|fractures?(?! numerique)|operee?s?
(?:had|after|recovering from) (?:an? |my )?(?:surgery|operation)|(?<!assurance[ -])(?<!caisse[ -])(?<!feuille de )maladies?
mal (?:au|aux|a la|a l') ?(?:dos|genoux?|hanches?|jambes?|tete|ventre|epaules?|pieds?|coeur|estomac)|back ?pain|chronic (?:pain|illness)
je suis (?:\w+ )?malade|i am (?:\w+ )?ill|diagnostiquee?s?|diagnos(?:ed|is)|ordonnances?|prescriptions?|prescribed|insulin\w*|morphine
doliprane|dafalgan|paracetamol|ibuprof\w+|aspirine?|antidepress\w+|antibioti\w+|anxiolyti\w+|anticoagula\w+|xanax|prozac|lexomil
seropositi\w+|pacemakers?|ritaline?|concerta|dyslexi\w+|dyspraxi\w+|dysphasi\w+|dyscalculi\w+|tdah|adhd
levothyrox|ventoline?|kardegic|metformine?|tramadol|cortisone
""")
_NUMBERS = (
    "cinq|six|sept|huit|neuf|dix|quinze|vingt|trente|quarante|cinquante|soixante|cent|five|six|seven|eight|nine|ten|fifteen|twenty|thirty"
    "|forty|fifty"
)
_PRICE = _any(
    rf"""
\d[\d ]*(?:[.,]\d+)? ?(?:€|£|\$|(?:euros?|eur|pounds?|dollars?)\b)(?: ?(?:/|par|de l'|per|an) ?\w+)?|[€£$] ?\d+(?:[.,]\d+)?
\b(?:{_NUMBERS}) (?:euros?|balles|pounds?|quid|dollars?|bucks)\b|\b\d+ (?:balles|quid|bucks)\b
\bje (?:vous |te |le |la |les )?(?:paierai|payerai|paie|paye|remunere|remunererai|dedommage|dedommagerai)\b
\bje peux (?:vous |te )?(?:payer|remunerer|dedommager)\b|\b(?:bien|serez|seras|etes) (?:payee?s?|remuneree?s?)\b|\bremuneration\b
\bcontre (?:un )?paiement\b|\bmoyennant (?:finances?|paiement)\b|\bpourboires?\b|\b(?:travail\w*|paye\w*) au (?:noir|black)\b|\bcesu\b
\bvo(?:s|tre) (?:tarifs?|prix)\b|\bi(?:'ll| will| would|'d) pay\b|\bpay you\b|\b(?:be|get|well) paid\b|\bpaid (?:help|work|job)\b
\byour (?:rates?|price|fees?)\b|\bin exchange for (?:money|payment)\b
""",
    word=False,
)
_SECRET = r"(?:\d(?: \d){3,7}|[a-z]?\d{3,8}[a-z]?|\d{1,5}[a-z]\d{1,5}|\d\d(?:[ -]\d\d){1,3})"
_HARMLESS = r"(?:postal|barres?|promo|de la route|ape|naf|client|article|produit)\b"
_CODE = _any(rf"""
(?:digicodes?|(?<!post )(?<!zip )codes?(?! {_HARMLESS})|pin)\b[^.!?;\n\d]{{0,25}}?\b{_SECRET}
cles? (?:de \w+ )?(?:est |sont |se trouvent? )?(?:cachee?s? )?(?:sous|derriere|au[ -]dessus|dans (?:le pot|la boite))
keys? (?:is |are )?(?:hidden |kept )?(?:under|behind|above|in the (?:pot|mailbox))
(?:mot de passe|password)(?: est| is)? ?[:=]? ?(?=\S*\d)\S{{4,}}
""")
_CONTACT = _any(
    r"""
[\w.+-]+@[\w-]+(?:\.[\w-]+)+
(?<![\d+])(?:\+33[ .-]?|0033[ .-]?|0)[1-9](?:[ .-]?\d\d){4}(?!\d)|(?<![\d+])\+\d(?:[ .-]?\d){8,13}(?!\d)
""",
    word=False,
)

_LINK = _any(
    r"""
https?://\S+|\bwww\.\S+
(?<![@\w.-])(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+(?:com|fr|org|net|info|eu|xyz)\b(?:/\S*)?
""",
    word=False,
)
_INSULT = _any(r"""
conn(?:ards?|ardes?|asses?)|encule(?:e?s?|r)|enfoire(?:e?s?)|salauds?|salop(?:es?|ards?)|put(?:es?|ains?)|fdp|fils de (?:pute|chien(?:ne)?)
(?:espece d(?:e |')|sales? |gros |pauvres? |petite? |vieux |vieille |quel )(?:cons?|connes?|batarde?s?|ordures?|merdes?|degueulasses?)
sales? (?:arabes?|noire?s?|juifs?|juives?|blancs?|negres?|etrangers?|etrangeres?|vieux|vieilles?|gouines?|pedes?)|sous-merdes?
abruties?|abrutis?|cretine?s?|imbeciles?|idiote?s?|debiles?|garces?|raclures?|trou du cul|trouducs?
(?:ta|vos|votre) gueules?|ferme[sz]?-la|va te faire|allez vous faire|(?<!pique[ -])nique[rz]?|negros?|negres?|bougnoules?|youpins?
fuck\w*|motherfuck\w*|ass ?holes?|arse ?holes?|bastards?|bitch(?:es)?|cunts?|dick ?heads?|morons?|wankers?|twats?|sluts?|whores?|faggots?
niggers?|retarded|shit ?heads?|scumbags?|piss off|shut up|stupid (?:people|person|cow|man|woman|volunteers?)
""")

_NAMED_CARD = re.compile(r"\b(?:carte|cb|card)\b[^.!?\n\d]{0,25}(?P<number>\d(?:[ ./_-]?\d){12,18})(?![ ./_-]?\d)")
_SOCIAL_SECURITY = re.compile(r"(?<!\d)[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dab] ?\d{3} ?\d{3}(?: ?\d\d)?(?! ?\d)")
_DIGITS = re.compile(r"\d+(?:[ ./_-]{1,3}\d+)*")
_IBAN = re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z\d]){11,30}")

_YOUNG = (
    r"(?i:fils|filles?|enfants?|garcons?|neveux?|nieces?|eleves?|daughters?|child|children|kids?|boys?|girls?|nephews?|pupils?|grandson"
    r"|(?:my|our|his|her|the|a) sons?)"
)
_CALLED = r"(?i:s'appellent?|s'appelle|se nomment?|prenommee?s?|nommee?s?|is called|are called|named|called|'?s? name is|names are)"
_YEARS = r"\(?(?i:a |is |qui a |who is |aged? |agee? de |de )?\d{1,2} (?i:ans|years|yrs)\b"
_NAME = r"(?P<name>[A-Z][a-z]+)"
_CHILD = (
    re.compile(rf"\b{_YOUNG}(?:,? {_YEARS}\)?)?(?: ?[,:])? {_NAME}\b"),
    re.compile(rf"\b(?:{_YOUNG}|(?i:il|elle|he|she))\b[^.!?\n]{{0,40}}?{_CALLED} (?P<name>[A-Za-z]{{2,}})"),
    re.compile(rf"\b{_NAME}(?:-[A-Z][a-z]+)?,? {_YEARS}"),
    re.compile(rf"\b{_NAME} is \d{{1,2}}(?= and |[,.;!]|$)"),
    re.compile(rf"\b(?i:mon|ma|my|our|notre) (?i:petite?|grande?|little|young|cher|chere|cherie?) {_NAME}\b"),
    re.compile(rf"\b(?i:aider|accompagner|garder|help|helping|teach|teaching) {_NAME} (?i:a|avec|dans|en|pour|with|to|in)\b"),
)
_KNOWN_NAME = re.compile(
    rf"\b(?:{_YOUNG}|(?i:petite?s?|grande?s?|pour|aider|garder|little|young|for|help|helping))(?=(?: ?[,:])? (?P<name>[A-Za-z]+)\b)"
)
"""However it is written; only names that are known count."""
_YOUNG_NAMED = (
    re.compile(rf"\b(?i:enfants?|bebes?|garcons?|eleves?|child|children|kids?|bab(?:y|ies)|boys?|girls?|pupils?)(?: ?[,:])? {_NAME}\b"),
    re.compile(rf"\b{_NAME}(?:-[A-Z][a-z]+)?,? \(?(?i:a |is |qui a |who is |agee? de |aged )?(?:\d|1[0-7]) "
               r"(?i:mois|ans|months|years|yrs)\b"),
)
"""Fewer than for homework: a son or a daughter who opens the door is grown up as often as not."""
_ANIMAL = re.compile(r"\b(?:chat(?:te|on)?s?|chien(?:ne)?s?|chiots?|lapins?|dogs?|cats?|puppy|kittens?|rabbits?)\b[^.!?\n]{0,25}$")
_NO_NAMES = {name for names in (
    "il elle ils elles on he she they depuis pour environ presque bientot deja age agee aged about nearly almost for since dans de",
    "niveau classe only just qui who garcon garcons fille filles enfant enfants eleve eleves fils jumeaux jumelles twins collegien",
    "collegienne lyceen lyceenne ecolier ecoliere boy girl child children kid kids pupil pupils student son sons daughter daughters",
    "ado teenager primaire maternelle college lycee sixieme cinquieme quatrieme troisieme seconde premiere terminale francais maths",
    "math mathematiques anglais english french allemand german espagnol spanish italien latin histoire history geographie physique",
    "lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday thursday friday saturday sunday janvier fevrier mars",
    "avril mai juin juillet aout septembre octobre novembre decembre january february march april may june july august september",
    "october november december",
    "chimie sciences science musique music lecture ecriture reading writing en au in at a",
) for name in names.split()}  # fmt: skip


def scan(text: str, *, homework: bool = False) -> list[Finding]:
    """Where the rules find something, in the order of the text; passages do not overlap. Whatever may be a child's name counts for
    ``homework``; elsewhere only what hardly is anything else, and it is pointed out (``young``).

    >>> [(f.rule, "10 € a visit"[f.start:f.end]) for f in scan("10 € a visit")]
    [('price', '10 €')]
    """
    plain, places = _plain(text)
    found: list[Finding] = []
    for rule in RULES:
        for start, end in _FINDERS[rule](plain) if rule != ("young" if homework else "child") else ():
            here = Finding(rule, places[start], places[end - 1] + 1)
            if all(here.end <= other.start or other.end <= here.start for other in found):
                found.append(here)
    return sorted(found, key=lambda finding: finding.start)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text without accents, with one kind of space, dash and apostrophe; and where each of its characters stands in ``text``."""
    plain, places = [], []
    for place, character in enumerate(text):
        for c in _AS.get(character) or unicodedata.normalize("NFKD", character):
            if not unicodedata.combining(c):
                plain.append(" " if c.isspace() and c != "\n" else c)
                places.append(place)
    return "".join(plain), places


_AS = {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae", "’": "'", "‘": "'", "ʼ": "'"} | dict.fromkeys("‐‑‒–—−", "-")

Spans = Iterable[tuple[int, int]]


def _matches(pattern: re.Pattern[str]) -> Callable[[str], Spans]:
    return lambda plain: (match.span() for match in pattern.finditer(plain.lower()))


def _cards(plain: str) -> Iterator[tuple[int, int]]:
    """Bank cards (13 to 19 digits that check, or are said to be one), numbers of accounts and of the French social security."""
    for run in _DIGITS.finditer(plain):
        groups = [(run.start() + group.start(), run.start() + group.end()) for group in re.finditer(r"\d+", run[0])]
        yield from (span for span in _windows(groups) if _is_card(plain[slice(*span)], whole=span == run.span()))
    yield from (match.span("number") for match in _NAMED_CARD.finditer(plain.lower()))  # a slip of the finger does not check
    yield from (match.span() for match in _SOCIAL_SECURITY.finditer(plain.lower()))
    for match in _IBAN.finditer(plain.lower()):
        ends = [match.start() + word.end() for word in re.finditer(r"[a-z\d]+", match[0])]
        yield from ((match.start(), end) for end in reversed(ends) if _is_account(plain.lower()[match.start() : end]))


def _windows(groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Neighbouring groups of digits, the longest first."""
    for first in range(len(groups)):
        for last in range(min(len(groups), first + 10), first, -1):
            yield groups[first][0], groups[last - 1][1]


def _is_card(text: str, *, whole: bool) -> bool:
    groups = re.findall(r"\d+", text)
    digits = "".join(groups)
    if not 13 <= len(digits) <= 19 or digits[0] == "0" or not digits.isascii():
        return False
    # Pairs may be two phone numbers one after the other, of which some check by chance.
    if not whole and min(map(len, groups[:-1] or groups)) < 3:
        return False
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_account(text: str) -> bool:
    compact = text.replace(" ", "")
    return 15 <= len(compact) <= 34 and compact.isascii() and int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _children(plain: str) -> Iterator[tuple[int, int]]:
    for pattern in _CHILD:
        yield from (match.span() for match in pattern.finditer(plain) if match["name"].lower() not in _NO_NAMES)
    known = (match for match in _KNOWN_NAME.finditer(plain) if match["name"].lower() in FIRST_NAMES)
    yield from ((match.start(), match.end("name")) for match in known)


def _young(plain: str) -> Iterator[tuple[int, int]]:
    for pattern in _YOUNG_NAMED:
        for match in pattern.finditer(plain):
            if match["name"].lower() not in _NO_NAMES and not _ANIMAL.search(plain[: match.start("name")].lower()):
                yield match.span()


_FINDERS: dict[str, Callable[[str], Spans]] = {
    "card": _cards, "child": _children, "young": _young, "code": _matches(_CODE), "contact": _matches(_CONTACT), "link": _matches(_LINK),
    "insult": _matches(_INSULT), "price": _matches(_PRICE), "health": _matches(_HEALTH),
}  # fmt: skip
