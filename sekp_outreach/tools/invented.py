"""Invented municipalities, people and words, for demo data and for practising.

Nobody here exists. Aliases are what a person wants to be called; notes are short,
factual and kind, so that the person could read them.
"""

import inspect
import re
from datetime import timedelta
from typing import NamedTuple

MET = "met"
ATTEMPTS = ("no_answer", "seen", "letter", "declined")

# What a real standard's paper says of reaching its municipality.
_PHONE = re.compile(r"\b\d{2}\s?\d{2}\s?\d{2}\s?\d{2}\b")
_MAILBOX = re.compile(r"\b[\w.-]+@[\w-]+\.dk\b")
NO_PHONE = "00 00 00 00"

_ASCII = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


class Login(NamedTuple):
    """Someone who can log in to the demo; the password is the login."""

    login: str
    role: str
    municipality: str


class Person(NamedTuple):
    """Someone a referral is about; the alias is told to the contact person later."""

    source: str
    channel: str
    age: int
    groups: tuple
    place: str
    concern: str
    topics: tuple
    alias: str


class Municipality(NamedTuple):
    """An invented municipality that works by one preset.

    :param real: name in the paper that the preset was read from
    :param changes: other words of that paper, and what they are here
    :param passes_on: beginnings of the names of entry points that carry no courses
    :param providers: teams beside the entry points
    :param ended_as: how a course ended that came to little
    :param people: those with a course; empty where nothing may be stored of them
    """

    preset: str
    name: str
    real: str
    districts: tuple
    staff: dict
    providers: tuple
    ended_as: str
    passes_on: tuple = ()
    people: tuple = ()
    changes: dict = {}


class Bridge(NamedTuple):
    """A handover, with days ago for each act: proposed, consented, sent, answered,
    ended."""

    offer: str
    state: str
    days: tuple
    to_receiver: bool = False
    met: int = 0
    reason: str = ""


class Story(NamedTuple):
    """How one course goes. Days count back from today unless said otherwise.

    :param received: when the referral was received
    :param begun: days from receipt to the first response
    :param allocated: days from receipt to allocation
    :param decided: days from receipt to the decision, where there is a grant; 0: none
    :param months: length of a grant
    :param first: days from allocation to the first outreach
    :param every: days between outreach
    :param silent: attempts before the first meeting; None: never met
    :param until: the last outreach at the latest
    :param phase: phase that the contact person has chosen
    :param rhythm: agreed days between contacts; 0: as the standard says
    :param late: whether the last review is left overdue
    :param again: when the course was re-established, 0: never
    """

    key: str
    received: int
    allocated: int
    begun: int = 1
    decided: int = 35
    months: int = 6
    first: int = 2
    every: int = 7
    silent: int | None = 3
    until: int = 1
    phase: str = ""
    rhythm: int = 0
    late: bool = False
    closed: int = 0
    outcome: str = ""
    again: int = 0
    bridges: tuple = ()


class Note(NamedTuple):
    """What is written about a contact, and the form and function that go with it."""

    form: str
    function: str
    text: str


class Loose(NamedTuple):
    """A referral that is not a course, at least not yet."""

    source: str
    channel: str
    age: int
    groups: tuple
    place: str
    concern: str


def _entries(text):
    """Yield head and body of each entry: a line, and the lines indented below it.

    >>> list(_entries("one | two\\n    what is said,\\n    and more\\nthree\\n    so"))
    [(['one', 'two'], 'what is said, and more'), (['three'], 'so')]
    """
    for entry in re.split(r"\n(?=\S)", inspect.cleandoc(text)):
        head, _break, body = entry.partition("\n")
        yield [part.strip() for part in head.split("|")], " ".join(body.split())


def _notes(text):
    return tuple(Note(*head[0].split(), body) for head, body in _entries(text))


def _loose(text):
    return tuple(
        Loose(*head[0].split(), int(head[1]), tuple(head[2].split()), head[3], body)
        for head, body in _entries(text)
    )


def _people(text):
    people = []
    for line in _loose(text):
        alias, topics, concern = line.concern.split(" | ")
        line = line._replace(concern=concern)
        people.append(Person(*line, topics=tuple(topics.split()), alias=alias))
    return tuple(people)


STORIES = (
    Story(
        key="steady",
        received=392,
        allocated=3,
        months=12,
        every=8,
        silent=5,
        phase="relation",
        rhythm=14,
        bridges=(
            Bridge(
                "alcohol_treatment",
                "returned",
                (210, 208, 207, 203, 170),
                met=1,
                reason="not_met",
            ),
            Bridge("doctor", "proposed", (4,)),
        ),
    ),
    Story(
        key="bridge",
        received=200,
        allocated=4,
        silent=3,
        phase="relation",
        rhythm=7,
        late=True,
        bridges=(
            Bridge("housing_first", "declined", (92, 90, 89, 78), reason="full"),
            Bridge(
                "activity_centre", "accepted", (41, 39, 38, 30), to_receiver=True, met=1
            ),
            Bridge("home_support", "sent", (9, 7, 6), to_receiver=True),
        ),
    ),
    Story(
        key="trust",
        received=75,
        begun=8,
        allocated=9,
        decided=0,
        first=5,
        every=5,
        silent=3,
        until=22,
        rhythm=10,
    ),
    Story(
        key="finding",
        received=44,
        allocated=3,
        decided=0,
        first=1,
        every=6,
        silent=None,
    ),
    Story(key="new", received=4, allocated=2, decided=0, first=0),
    Story(
        key="bridged",
        received=345,
        allocated=2,
        decided=64,
        every=7,
        silent=4,
        phase="relation",
        closed=62,
        outcome="bridged",
        bridges=(
            Bridge(
                "activity_centre",
                "completed",
                (140, 138, 136, 129, 96),
                to_receiver=True,
                met=2,
            ),
        ),
    ),
    Story(
        key="ended",
        received=260,
        allocated=6,
        first=3,
        every=9,
        silent=6,
        closed=150,
        bridges=(Bridge("alcohol_treatment", "withdrawn", (171, 168)),),
    ),
    Story(
        key="again",
        received=408,
        allocated=4,
        decided=30,
        every=10,
        silent=4,
        phase="relation",
        closed=215,
        outcome="achieved",
        again=70,
        rhythm=14,
        bridges=(
            Bridge("doctor", "sent", (34, 31, 30)),
            Bridge("jobcentre", "consented", (8, 5)),
        ),
    ),
)

PEOPLE = {
    "broenderslev": _people(
        """
        relative phone | 58 | alcohol homeless | Bænken ved bådebroen
            Kaptajnen | health housing | Søsteren er urolig. Han bor i en båd uden
            varme og tager ikke telefonen.
        relative in_person | 22 | drugs | Skaterbanen om aftenen
            Lillebror | network treatment | Faderen fortæller, at de ikke har set
            hinanden siden foråret.
        doctor letter | 63 | mental_illness vulnerable | Torvet om formiddagen
            Ulla med cyklen | everyday network | Lægen skriver, at hun er holdt op med
            at komme til sine aftaler.
        neighbour phone | 49 | vulnerable | Kolonihaverne bag banen
            Gartneren | everyday economy | Bor i sit kolonihavehus hele året. En
            bekendt spørger, om nogen kan kigge forbi.
        self mail | 26 | mental_illness | Biblioteket, læsesalen
            Frøken Sne | health everyday | Vil gerne tale med en, som ikke skal
            bestemme noget over hende.
        doctor phone | 34 | drugs homeless | Parkeringskælderen ved banegården
            Pilen | housing treatment | Kom på skadestuen to gange i denne måned og
            gik igen, før han blev set.
        relative phone | 55 | alcohol | Bænken foran brugsen
            Tante Rosa | network health | Datteren vil gerne have, at nogen tager
            kontakt stille og roligt.
        self in_person | 71 | vulnerable | Busterminalen
            Spillemanden | everyday network | Synes, at dagene er lange, og vil gerne
            have en at følges med.
        """
    ),
    "hvidovre": _people(
        """
        psychiatry secure_mail | 47 | mental_illness isolated | Hjemme, bag gardinerne
            Professoren | everyday health | Er udskrevet for to måneder siden og
            svarer ikke på breve.
        relative phone | 33 | mental_illness | Stranden sidst på dagen
            Stjernekiggeren | network activity | Broderen fortæller, at han er holdt
            op med at spise sammen med dem.
        housing_company mail | 60 | mental_illness vulnerable | Hundeskoven om morgenen
            Damen med hunden | housing economy | Boligselskabet har banket på flere
            gange på grund af post, der hober sig op.
        neighbour phone | 41 | alcohol | Pladsen ved stationen
            Malersvenden | treatment housing | Sidder ude i al slags vejr. Vil helst
            ikke med på værestedet.
        relative in_person | 28 | mental_illness | Hjemme, er oppe om natten
            Nattuglen | everyday activity | Moderen fortæller, at døgnet er vendt på
            hovedet siden sommer.
        voluntary phone | 52 | mental_illness homeless | Går lange ture langs kysten
            Vandreren | housing health | Caféen giver ham kaffe og er i tvivl om, hvor
            han sover.
        self phone | 24 | mental_illness | Hjemme hos en veninde
            Solsikken | network everyday | Vil gerne have følgeskab, når der skal
            ringes til kommunen.
        municipal_partner phone | 67 | mental_illness | Skakbordene i parken
            Skakspilleren | network health | Hjemmeplejen oplever, at han ikke længere
            lukker op.
        """
    ),
    "lejre": _people(
        """
        neighbour phone | 56 | homeless | Shelteret ved søen
            Skovmanden | housing economy | Bor i skoven på andet år. Skovgæster er
            bekymrede, nu hvor det er koldt.
        police mail | 61 | homeless vulnerable | Genbrugspladsen
            Hende med trækvognen | health network | Er mødt flere nætter i træk ved
            stationen. Vil ikke på herberg.
        relative phone | 50 | isolated mental_illness | Hjemme, åbner for dem hun kender
            Strikkedamen | activity network | Søsteren handler ind for hende. Hun har
            ikke været ude siden jul.
        jobcentre secure_mail | 44 | alcohol | Bænken ved havnen
            Tømreren | treatment housing | Er ikke mødt til sine samtaler og har
            mistet sin ydelse.
        relative mail | 21 | drugs vulnerable | Ungdomshuset
            DJ'en | network everyday | Sover på skift hos venner. Moderen ved ikke,
            hvor han er nu.
        psychiatry phone | 30 | mental_illness | Kirkegården, bænken ved muren
            Lyset | health activity | Vil gerne have kontakt, men kun ude og kun med
            én ad gangen.
        other phone | 53 | alcohol vulnerable | Grillen på hovedgaden
            Store Kaj | everyday housing | Kioskejeren ser ham hver dag og synes, at
            han er blevet meget tynd.
        self phone | 68 | isolated | Molen
            Fiskeren | network everyday | Har mistet sin bror og vil gerne have en at
            tale med.
        """
    ),
    "thisted": _people(
        """
        relative phone | 59 | alcohol vulnerable | Bænken ved fiskeauktionen
            Havneministeren | health housing | Hans bror er bekymret for hans ben og
            for, om han får mad nok.
        relative mail | 53 | mental_illness isolated | Stranden, når det har blæst
            Rav-Anna | activity everyday | Datteren bor langt væk og kan ikke få hende
            til at åbne sin post.
        self phone | 45 | drugs | Skuret bag værftet
            Mester | treatment economy | Vil gerne have en til at følges med på
            rådhuset. Ikke mere end det.
        relative phone | 66 | vulnerable isolated | Hjemme, bag gården
            Bedste | network everyday | Sønnen er urolig, fordi hun er holdt op med at
            fyre om vinteren.
        self mail | 29 | mental_illness | Campingpladsen uden for sæsonen
            Klitrosen | health network | Bor midlertidigt i en campingvogn og vil
            gerne videre derfra.
        relative phone | 37 | drugs homeless | Venterummet på havnen
            Mågen | housing treatment | Har været uden bolig siden foråret. Søsteren
            spørger, hvad vi kan.
        relative in_person | 39 | alcohol | Pladsen ved kirken
            Kokken | treatment network | Har mistet sit arbejde og undgår sine gamle
            venner.
        self letter | 62 | isolated mental_illness | Hjemme, går ud om aftenen
            Postbuddet | everyday network | Skriver selv, at det er svært at komme ud
            ad døren.
        """
    ),
}

LOGINS = (
    Login("ida", "Contact person", "Klitby Kommune"),
    Login("grethe", "Intake", "Klitby Kommune"),
    Login("anne", "Supervisor", "Klitby Kommune"),
    Login("torben", "Scheme manager", "Klitby Kommune"),
    Login("vibeke", "Receiver of handovers", "Klitby Kommune"),
    Login("solveig", "Statistics reader", "Klitby Kommune"),
    Login("mogens", "Auditor", "Klitby Kommune"),
    Login("lone", "Supervisor", "Engby Kommune"),
    Login("tina", "Supervisor", "Strandlund Kommune"),
    Login("birgit", "Supervisor", "Mosedal Kommune"),
    Login("pia", "Supervisor", "Nordbakke Kommune"),
    Login("admin", "Administrator (sees no citizen)", ""),
)

MUNICIPALITIES = (
    Municipality(
        preset="broenderslev",
        name="Engby Kommune",
        real="Brønderslev",
        districts=("Midtbyen", "Åkvarteret", "Engparken", "Sønderskov"),
        staff={
            "supervisor": ("Lone Bruun", "Henrik Toft"),
            "intake": ("Kirsten Damgaard", "Ali Yildiz"),
            "contact_person": (
                "Mette Lindholm",
                "Jonas Krogh",
                "Amina Warsame",
                "Per Nygaard",
            ),
            "receiver": ("Susanne Holt",),
            "scheme_manager": ("Bodil Frost",),
        },
        passes_on=("Visitationen",),
        providers=("Støtteteamet",),
        ended_as="declined",
        people=PEOPLE["broenderslev"],
    ),
    Municipality(
        preset="hvidovre",
        name="Strandlund Kommune",
        real="Hvidovre",
        districts=("Nordkvarteret", "Strandengen", "Fyrreparken", "Stationsbyen"),
        staff={
            "supervisor": ("Tina Mørk", "Carsten Vang"),
            "intake": ("Hanne Busk", "Rikke Steen"),
            "contact_person": (
                "Anders Juhl",
                "Fatima Saleh",
                "Louise Birk",
                "Mads Engholm",
                "Karin Dall",
            ),
            "receiver": ("Ole Rask",),
            "scheme_manager": ("Inger Hede",),
        },
        providers=("Team Øst", "Team Vest"),
        ended_as="unused",
        people=PEOPLE["hvidovre"],
    ),
    Municipality(
        preset="lejre",
        name="Mosedal Kommune",
        real="Lejre",
        districts=("Mosedal by", "Dalene", "Kirkebakken", "Langs fjorden"),
        staff={
            "supervisor": ("Birgit Lunde", "Troels Kjær"),
            "intake": ("Gitte Rohde", "Morten Falk"),
            "contact_person": (
                "Sofie Agger",
                "Nadia Haddad",
                "Claus Bisgaard",
                "Lærke Thorup",
            ),
            "receiver": ("Dorte Hjort",),
            "scheme_manager": ("Erik Skovmose",),
        },
        passes_on=("Team Social Service",),
        providers=("Gadeteamet",),
        ended_as="not_found",
        people=PEOPLE["lejre"],
        changes={
            "Huset Horseager": "Huset Mosevang",
            "Horseager 15 B": "Mosevangen",
            "Møllebjergvej 4": "Rådhuspladsen",
            "Lejrevej 15": "Rådhuspladsen",
            "4330 Hvalsø": "Mosedal",
            "4320 Lejre": "Mosedal",
            "Hvalsø": "Mosedal",
            "www.lejre.dk/om-kommunen/din-sag-i-kommunen/borgerradgiveren/": (
                "kommunens hjemmeside"
            ),
        },
    ),
    Municipality(
        preset="greve",
        name="Nordbakke Kommune",
        real="Greve",
        districts=("Bakkekvarteret", "Centrum", "Nordhavnen", "Lunden"),
        staff={
            "supervisor": ("Pia Winther", "Kasper Storm"),
            "intake": ("Connie Brink", "Jan Elkjær"),
            "contact_person": (
                "Maria Bagger",
                "Tobias Friis",
                "Yasmin Demir",
                "Helle Kragh",
                "Simon Bech",
            ),
            "receiver": ("Lis Damm",),
            "scheme_manager": ("Poul Hvid",),
        },
        providers=("Gadeteamet", "Boligteamet"),
        ended_as="moved",
    ),
    Municipality(
        preset="thisted",
        name="Klitby Kommune",
        real="Thisted",
        districts=("Havnen", "Klitten", "Vesterbyen", "Plantagen"),
        staff={
            "supervisor": ("Anne Vester", "Jens Klint"),
            "intake": ("Grethe Holk", "Niels Borre"),
            "contact_person": (
                "Ida Sand",
                "Bo Enevold",
                "Leyla Aydin",
                "Peter Houmann",
            ),
            "receiver": ("Vibeke Rønn",),
            "scheme_manager": ("Torben Munk",),
            "statistics_reader": ("Solveig Lund",),
            "auditor": ("Mogens Brink",),
        },
        passes_on=("Visitationen",),
        providers=("Bostøttekorps Nord", "Bostøttekorps Syd"),
        ended_as="declined",
        people=PEOPLE["thisted"],
        changes={
            "Støtten er uden visitation.": (
                "Alle kan henvende sig uden visitation. Selve støtten gives efter en "
                "afgørelse."
            ),
        },
    ),
)

REFERRERS = (
    "Inge-Lise Holm",
    "Jørgen Mikkelborg",
    "Samira Noori",
    "Kurt Vestergård",
    "Ellen Frandsen",
    "Thomas Rydahl",
)

# What is nearest to a function, best first, where a standard does not name it.
KINDRED = {
    "accompany_authorities": ("authorities",),
    "authorities": ("accompany_authorities",),
    "bridge_builder": ("bridging_activities", "outward_activities", "authorities"),
    "bridging_activities": ("outward_activities", "family_network"),
    "clarify_needs": ("counselling", "motivation"),
    "everyday_training": ("structure", "isolation", "motivation"),
    "housing_company": ("keep_dwelling", "authorities"),
    "isolation": ("family_network",),
    "keep_dwelling": ("housing_company", "everyday_training"),
    "motivation": ("treatment", "counselling"),
    "outreach": ("isolation", "family_network"),
    "outward_activities": ("bridging_activities", "family_network"),
    "rehousing": ("housing_company", "counselling"),
    "rights": ("counselling", "authorities"),
    "structure": ("isolation", "motivation"),
    "talks": ("isolation", "motivation"),
    "treatment": ("talks",),
}

# Before there is trust, while it is kept, and while others take over.
FIRST_NOTES = _notes(
    """
    public_space isolation
        Hilste på og sagde, hvem vi er. Fik et nik.
    public_space isolation
        Delte en kop kaffe. Talte om vejret og ikke om andet. Det var nok for i dag.
    home_visit isolation
        Talte gennem den åbne dør i fem minutter. Må gerne komme igen.
    public_space outreach
        Sad ved siden af hinanden et kvarter. Spurgte selv, hvornår vi kommer forbi
        igen.
    phone isolation
        Tog telefonen for første gang. Vil gerne have, at vi skriver, før vi kommer.
    home_visit talks
        Fik lov at komme indenfor. Viste et par billeder frem.
    venue isolation
        Spiste en suppe sammen på værestedet. Gik, da der kom mange.
    sms isolation
        Skrev tilbage: »Fint nok, torsdag«.
    """
)

TOPIC_NOTES = {
    "activity": _notes(
        """
        accompaniment bridging_activities
            Så værkstedet sammen. Prøvede at sidde med ved bordet en halv time.
        venue bridging_activities
            Var med til fællesspisning. Ville gerne have plads tæt på døren, og det
            fik vi.
        public_space outward_activities
            Gik en tur til havnen og tilbage. Talte om at prøve holdet om onsdagen.
        home_visit bridge_builder
            Så ugens program igennem. Valgte selv en ting ud.
        """
    ),
    "economy": _notes(
        """
        home_visit rights
            Åbnede posten sammen. Tre breve skal besvares, de to nåede vi.
        accompaniment accompany_authorities
            Fulgtes til borgerservice. Sagde selv, hvad det drejede sig om.
        phone authorities
            Ringede sammen og fik flyttet en samtale til en dag, der passer.
        home_visit rights
            Lavede et overblik over faste udgifter på et stykke papir, der nu hænger
            på køleskabet.
        """
    ),
    "everyday": _notes(
        """
        home_visit structure
            Havde været oppe før ni tre dage i træk og var glad for det.
        home_visit everyday_training
            Vaskede tøj sammen. Vil selv tage næste maskine.
        public_space isolation
            Handlede ind sammen. Kassen gik godt, da vi valgte den stille time.
        phone talks
            En tung uge. Aftalte en kort snak hver anden dag.
        home_visit structure
            Satte ugens to aftaler op på kalenderen. Flere skal der ikke være.
        """
    ),
    "health": _notes(
        """
        accompaniment treatment
            Fulgtes til lægen. Fik tid igen om to uger og vil gerne følges igen.
        public_space treatment
            Foden gør ondt. Vil gerne have den set på hos sygeplejersken i næste uge.
        home_visit motivation
            Talte om tandlæge. Ikke endnu, men gerne til foråret.
        phone treatment
            Har fået svar fra lægen og var lettet.
        sms treatment
            Mindede om aftalen i morgen. Svarede med en tommelfinger op.
        """
    ),
    "housing": _notes(
        """
        home_visit keep_dwelling
            Ryddede gangen sammen, så døren kan åbnes helt.
        accompaniment rehousing
            Så en bolig sammen. Synes, at den ligger for langt fra vandet.
        phone housing_company
            Talte med boligselskabet på højttaler og fik lavet en aftale om at betale
            lidt ad gangen.
        public_space rehousing
            Talte om, hvad en god bolig er: en dør, der kan låses, og en at sige
            godmorgen til.
        home_visit keep_dwelling
            Nøglen passer igen, låsen er skiftet.
        """
    ),
    "network": _notes(
        """
        home_visit family_network
            Skrev et kort til søsteren sammen og lagde det i postkassen.
        phone family_network
            Har talt med sin søn for første gang i lang tid. Det gik godt.
        public_space isolation
            Mødte en gammel kollega, mens vi gik. De udvekslede numre.
        venue family_network
            Var med til fødselsdagskaffe og blev siddende til det sidste.
        """
    ),
    "treatment": _notes(
        """
        public_space motivation
            Talte om at skære ned. Vil selv vælge hvornår.
        accompaniment treatment
            Fulgtes til første samtale. Gik derfra med en ny tid.
        home_visit clarify_needs
            Skrev sammen ned, hvad der har hjulpet før, og hvad der ikke har.
        phone motivation
            Var glad for at have klaret en weekend uden.
        """
    ),
}

BRIDGING_NOTES = _notes(
    """
    accompaniment bridge_builder
        Var med for at hilse på den, der tager over. De talte sammen, jeg sad ved
        siden af.
    phone bridge_builder
        Talte om, hvordan det var at mødes uden mig. Det var bedre end ventet.
    home_visit clarify_needs
        Gennemgik, hvad den anden skal vide, og hvad der bliver mellem os.
    venue bridging_activities
        Kom af sted på egen hånd. Vi sås derinde.
    """
)

ATTEMPT_NOTES = {
    "no_answer": _notes(
        """
        home_visit outreach
            Bankede på. Intet svar, der var lys i vinduet.
        home_visit outreach
            Ringede på to gange med en time imellem.
        phone outreach
            Ringede op. Telefonen var slukket.
        public_space outreach
            Gik forbi det sædvanlige sted. Ingen der i dag.
        phone outreach
            Ringede op både formiddag og eftermiddag. Ingen svar.
        sms outreach
            Skrev, hvornår vi kommer forbi. Ikke besvaret.
        """
    ),
    "seen": _notes(
        """
        public_space outreach
            Så hinanden på afstand. Vi vinkede.
        public_space outreach
            Gik forbi på den anden side af gaden. Virkede tilpas, havde varmt tøj på.
        venue outreach
            Sad i hjørnet med sin kaffe. Vi lod roen være.
        public_space outreach
            Var optaget af at tale med andre. Vi gik videre.
        """
    ),
    "letter": _notes(
        """
        home_visit outreach
            Lagde et kort i postkassen med navn og hvornår vi kommer igen.
        home_visit outreach
            Hængte en pose med rundstykker og en hilsen på døren.
        home_visit outreach
            Skrev, at der ikke er noget, der haster, og at vi gerne kommer igen.
        """
    ),
    "declined": _notes(
        """
        home_visit outreach
            Åbnede og sagde nej tak for i dag. Vi må gerne prøve igen.
        public_space outreach
            Ville være alene. Det er i orden.
        phone outreach
            Sagde venligt, at det ikke er en god uge.
        """
    ),
}

NEXT_STEPS = (
    "Gå forbi det sædvanlige sted tirsdag formiddag",
    "Tage en termokande kaffe med",
    "Ringe, før vi kommer",
    "Følges til lægen",
    "Åbne resten af posten sammen",
    "Spørge, om onsdagsholdet stadig lokker",
    "Hente ansøgningsskemaet",
)

# A goal in the citizen's words, and the steps towards it.
GOALS = {
    "activity": (
        "Jeg vil have et sted at komme",
        ("Se to steder sammen", "Være der en time om ugen"),
    ),
    "economy": (
        "Jeg vil have styr på min post",
        ("Åbne posten hver mandag", "Lave en aftale om min gæld"),
    ),
    "everyday": (
        "Jeg vil have en rytme i min dag",
        ("Stå op før ti på hverdage", "Lave mad to gange om ugen"),
    ),
    "health": (
        "Jeg vil have det bedre i kroppen",
        ("Komme til lægen", "Få set på mine tænder"),
    ),
    "housing": (
        "Jeg vil have et sted, der er mit",
        ("Blive skrevet op til bolig", "Finde ud af, hvad jeg har råd til"),
    ),
    "network": (
        "Jeg vil have kontakt med min familie igen",
        ("Skrive til min søster", "Drikke kaffe sammen en gang om måneden"),
    ),
    "treatment": (
        "Jeg vil drikke eller tage mindre",
        ("Tale med en rådgiver", "Have to dage om ugen uden"),
    ),
}

FINDINGS = (
    "Vi ses oftere end før, og aftalerne bliver holdt. Skal fortsætte på samme måde.",
    "Det går langsomt fremad. Tiden ude betyder mest.",
    "Har fået ro på hverdagen. Vil gerne prøve mere selv.",
    "En svær periode, men kontakten er holdt hele vejen.",
)

WRITTEN_STATUS = (
    "Vi har arbejdet med målene i hele perioden og skrevet status sammen. Der er sket "
    "fremskridt, og de aftalte skridt er taget i eget tempo. Begge parter ønsker, at "
    "støtten fortsætter."
)

SUMMARIES = {
    "activity_centre": "Vil gerne hilse på stille og roligt og sidde tæt på døren. "
    "Kan lide at arbejde med hænderne.",
    "alcohol_treatment": "Ønsker en samtale uden forpligtelse. Bedst om formiddagen.",
    "doctor": "Vil gerne have en kontrol og have følgeskab med ind.",
    "home_support": "Har brug for fast støtte i hjemmet to gange om ugen. Tager bedst "
    "imod, når det er den samme person.",
    "housing_first": "Ønsker egen bolig med støtte. Har klaret sig ude længe.",
    "jobcentre": "Vil gerne møde op sammen med sin kontaktperson.",
}

ACCESS_REASONS = {
    "cover": "Dækker under ferie",
    "second": "To kontaktpersoner efter aftale",
    "contact_person": "Ny kontaktperson efter aftale",
}

DEVIATION_NOTES = {
    "law": "Loven sætter ingen sådan grænse, og støtten er nødvendig.",
    "known": "Der er allerede tillid til en af vores kontaktpersoner.",
    "acute": "Der er ikke andre, der kan komme.",
}

# Referrals by what has become of them, one line for each municipality with text.
LOOSE = {
    "today": _loose(
        """
        relative phone | 41 | mental_illness | Hjemme
            Moderen har ikke fået svar i tre uger og er urolig.
        self in_person | 36 | mental_illness | Torvet
            Kom selv forbi og spurgte, om der er en at tale med.
        neighbour phone | 57 | isolated | Hjemme
            Naboen har ikke set lys i en uge, men hører radioen.
        relative phone | 48 | vulnerable | Sommerhuset
            Er flyttet i sommerhus uden varme. Broderen spørger, hvad der kan gøres.
        """
    ),
    "acute": _loose(
        """
        neighbour phone | 52 | homeless alcohol | Bænken ved stationen
            Fryser og ryster. Vil ikke køres nogen steder hen, men vil gerne tale.
        relative phone | 31 | mental_illness | Hjemme
            Har ikke spist i flere dage og siger, at det hele er for meget.
        police phone | 40 | drugs | Venterummet på stationen
            Er mødt forvirret i nat. Er rolig nu og vil gerne have besøg.
        relative phone | 64 | isolated | Hjemme
            Er faldet og vil ikke på sygehuset. Vil gerne se et menneske i dag.
        """
    ),
    "process": _loose(
        """
        doctor letter | 45 | alcohol | Hjemme
            Lægen spørger, om vi kan tage kontakt, da indkaldelser ikke bliver læst.
        psychiatry secure_mail | 29 | mental_illness | Hjemme
            Er afsluttet i ambulatoriet og vil gerne have en at tale med.
        jobcentre mail | 38 | vulnerable | Biblioteket
            Møder op, men taber tråden og går igen. Vil gerne have en ved sin side.
        self phone | 33 | drugs | Havnen
            Vil gerne vide, hvad en kontaktperson kan og ikke kan.
        """
    ),
    "waiting": _loose(
        """
        relative mail | 27 | drugs | Hos skiftende venner
            Storesøsteren har mistet kontakten og håber, at vi kan finde den igen.
        housing_company mail | 50 | mental_illness | Hjemme
            Viceværten er bekymret, fordi døren ikke bliver åbnet.
        psychiatry phone | 35 | mental_illness | Parken
            Vil ikke i ambulatoriet, men siger ja til at mødes ude.
        relative phone | 55 | alcohol | Hjemme
            Ægtefællen er rejst. Børnene vil gerne have, at nogen ser til ham.
        """
    ),
    "accepted": _loose(
        """
        self phone | 44 | vulnerable | Hjemme
            Vil gerne have følgeskab til tandlægen.
        relative in_person | 39 | mental_illness | Kolonihaven
            Taler ikke med familien mere, men hilser på naboerne.
        neighbour phone | 62 | isolated alcohol | Bænken ved købmanden
            Købmanden fortæller, at han er blevet meget stille.
        relative mail | 34 | homeless | Bilen på rastepladsen
            Bor i sin bil og siger ja til at mødes, hvis det bliver dér.
        """
    ),
    "advice": _loose(
        """
        relative phone | 60 | alcohol | Hjemme
            Ville vide, hvordan man taler om det uden at skubbe væk.
        self mail | 45 | mental_illness | Hjemme
            Spurgte, om det er muligt at være anonym.
        neighbour phone | 70 | isolated | Hjemme
            Spurgte, hvad en god nabo kan gøre.
        self phone | 51 | vulnerable | Hjemme
            Spurgte til reglerne for hjælp i hjemmet.
        """
    ),
    "redirect": _loose(
        """
        self phone | 32 | alcohol | Hjemme
            Vil gerne i behandling nu og fik vejen dertil forklaret.
        relative phone | 47 | mental_illness | Hjemme
            Har allerede en fast kontakt i psykiatrien, som tager over.
        jobcentre mail | 26 | vulnerable | Hjemme
            Har brug for fast støtte i hjemmet og er henvist dertil.
        relative phone | 58 | vulnerable | Hjemme
            Har selv fundet plads på et værested, som gerne tager imod.
        """
    ),
    "withdrawn": _loose(
        """
        relative phone | 43 | vulnerable | Hjemme
            Familien har fundet hinanden igen og ringede for at sige tak.
        self phone | 38 | mental_illness | Hjemme
            Ringede tilbage: det er ikke nødvendigt alligevel.
        other phone | 49 | homeless | Broen
            Er rejst videre, fortæller den, der henvendte sig.
        self mail | 30 | drugs | Hjemme
            Har fået en ny bolig og tager en pause.
        """
    ),
}


def municipality(preset):
    """Return the invented municipality that works by a preset.

    >>> municipality("greve").name
    'Nordbakke Kommune'
    """
    return next(place for place in MUNICIPALITIES if place.preset == preset)


def people(place):
    """Return those with a course; of some places nothing may be told of them.

    >>> len(people(municipality("thisted"))), people(municipality("thisted"))[0].alias
    (8, 'Havneministeren')
    >>> {person.concern or person.alias for person in people(municipality("greve"))}
    {''}
    """
    if place.people:
        return place.people
    topics = sorted(TOPIC_NOTES)
    sources = ("relative", "housing_company", "self", "municipal_partner")
    return tuple(
        Person(
            alias="",
            age=0,
            groups=(),
            topics=(topics[turn % len(topics)], topics[(turn + 3) % len(topics)]),
            place="",
            source=sources[turn % len(sources)],
            channel=("phone", "mail", "in_person")[turn % 3],
            concern="",
        )
        for turn in range(len(STORIES))
    )


def loose(place, fate):
    """Return the referral of a fate that this place tells of.

    >>> loose(municipality("hvidovre"), "advice").concern
    'Spurgte, om det er muligt at være anonym.'
    >>> loose(municipality("greve"), "advice").concern
    ''
    """
    telling = [other for other in MUNICIPALITIES if other.people]
    presets = [other.preset for other in telling]
    if place.preset in presets:
        return LOOSE[fate][presets.index(place.preset)]
    return LOOSE[fate][0]._replace(age=0, groups=(), place="", concern="")


def login(name):
    """Return the login of an invented member of staff: the first name, in ASCII.

    >>> login("Lærke Thorup")
    'laerke'
    >>> names = [n for m in MUNICIPALITIES for ns in m.staff.values() for n in ns]
    >>> len({login(name) for name in names}) == len(names)
    True
    """
    return name.split()[0].lower().translate(_ASCII)


def disguise(text, place):
    """Return the words of a real paper as those of an invented municipality.

    >>> disguise("Ring 46 46 46 46 til Lejre Kommune", municipality("lejre"))
    'Ring 00 00 00 00 til Mosedal Kommune'
    >>> disguise("Huset\\n    Horseager", municipality("lejre"))
    'Huset Mosevang'
    >>> disguise("Skriv til social@thisted.dk", municipality("thisted"))
    'Skriv til skp@klitby.example.com'
    >>> disguise("Vejledning nr. 10284", municipality("lejre"))
    'Vejledning nr. 10284'
    """
    text = _MAILBOX.sub(mailbox("skp", place.name), text)
    short_name = place.name.removesuffix(" Kommune")
    for real, invented in {**place.changes, place.real: short_name}.items():
        # A line may break anywhere between the words of a paper.
        pattern = r"\s+".join(map(re.escape, real.split()))
        text = re.sub(pattern, invented, text)
    return _PHONE.sub(NO_PHONE, text)


def mailbox(name, municipality_name):
    """Return an address that reaches nobody.

    >>> mailbox("ida", "Klitby Kommune")
    'ida@klitby.example.com'
    """
    host = re.sub(r"[^a-z0-9]+", "-", municipality_name.lower().translate(_ASCII))
    return f"{name}@{host.removesuffix('-kommune').strip('-')}.example.com"


def rounds(rng, items):
    """Yield the items for ever, each once in every round, shuffled.

    >>> import random
    >>> draw = rounds(random.Random(19), "abc")
    >>> sorted(next(draw) for _turn in range(3))
    ['a', 'b', 'c']
    """
    while True:
        yield from rng.sample(list(items), len(items))


def outreach_days(rng, first, last, every):
    """Return the days of outreach, about ``every`` days apart.

    >>> import random
    >>> from datetime import date
    >>> days = outreach_days(random.Random(19), date(2026, 3, 2), date(2026, 5, 1), 7)
    >>> days[0], days[-1] <= date(2026, 5, 1), 6 <= len(days) <= 12
    (datetime.date(2026, 3, 2), True, True)
    """
    days, day = [], first
    while day <= last:
        days.append(day)
        day += timedelta(days=max(1, every + rng.randint(-every // 3, every // 3)))
    return days


def outcomes(rng, count, silent):
    """Return the outcomes of so much outreach: attempts first, then meetings.

    :param int silent: attempts before the first meeting, None when there is no meeting

    >>> import random
    >>> first = outcomes(random.Random(19), 8, 3)
    >>> [outcome == "met" for outcome in first[:4]], len(first)
    ([False, False, False, True], 8)
    >>> "met" in outcomes(random.Random(19), 8, None)
    False
    """

    def attempt():
        return rng.choices(ATTEMPTS, weights=(9, 6, 4, 2))[0]

    found = []
    for turn in range(count):
        if silent is None or turn < silent:
            found.append(attempt())
        elif turn == silent or rng.random() < 0.7:
            found.append(MET)
        else:
            found.append(attempt())
    return found


def note_for(notes, outcome, topics, meetings, bridging):
    """Return the next note that fits an outcome.

    :param dict notes: endless rounds of notes, as :func:`note_rounds` gives them
    :param int meetings: how often they have met before
    :param bool bridging: whether someone else is taking over

    >>> import random
    >>> notes = note_rounds(random.Random(19))
    >>> note_for(notes, "met", ("housing",), 0, False) in FIRST_NOTES
    True
    >>> note_for(notes, "met", ("housing",), 9, False) in TOPIC_NOTES["housing"]
    True
    >>> note_for(notes, "seen", ("housing",), 9, False) in ATTEMPT_NOTES["seen"]
    True
    """
    if outcome != MET:
        return next(notes[outcome])
    if meetings < 3:
        return next(notes["first"])
    if bridging and meetings % 3 == 0:
        return next(notes["bridging"])
    return next(notes[topics[meetings % len(topics)]])


def note_rounds(rng):
    """Return endless rounds of notes, by outcome, topic or stage.

    >>> import random
    >>> sorted(note_rounds(random.Random(19)))[:3]
    ['activity', 'bridging', 'declined']
    """
    pools = {
        **ATTEMPT_NOTES,
        **TOPIC_NOTES,
        "first": FIRST_NOTES,
        "bridging": BRIDGING_NOTES,
    }
    return {name: rounds(rng, pool) for name, pool in pools.items()}


def function_for(code, named):
    """Return a function's code, or its nearest among those that a standard names.

    :param named: codes that the standard names; none means all

    >>> function_for("outreach", set())
    'outreach'
    >>> function_for("outreach", {"isolation", "talks"})
    'isolation'
    >>> function_for("treatment", {"rights"})
    """
    if not named or code in named:
        return code
    return next((near for near in KINDRED.get(code, ()) if near in named), None)


def minutes(rng, form, outcome):
    """Return how long a contact of this form took.

    >>> import random
    >>> minutes(random.Random(19), "accompaniment", "met") >= 60
    True
    >>> minutes(random.Random(19), "home_visit", "letter") <= 20
    True
    """
    if outcome != MET:
        return rng.choice((5, 10, 15))
    return rng.choice(
        {
            "accompaniment": (60, 90, 120, 150),
            "phone": (5, 10, 15, 20),
            "public_space": (15, 20, 30, 45),
            "sms": (5,),
            "venue": (30, 45, 60),
        }.get(form, (30, 45, 60, 75))
    )
