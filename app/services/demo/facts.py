"""What the demonstration is made of: invented people, streets and words. Nobody and nothing in it exists.

Phone numbers are of the ranges that are kept free for fiction, addresses of the domains that are kept free for examples.
"""

from dataclasses import dataclass

FIRST = (
    "Adèle", "Aïcha", "Alban", "Amine", "Anouk", "Antoinette", "Armand", "Béatrice", "Bernadette", "Camille", "Carmen", "Célestin",
    "Chantal", "Clémence", "Danièle", "Denise", "Djibril", "Élise", "Émile", "Esma", "Étienne", "Fatou", "Félix", "Fernande", "Franck",
    "Gabriela", "Georges", "Ginette", "Guillaume", "Hélène", "Henri", "Huguette", "Ibrahim", "Inès", "Jacqueline", "Jeanne", "Joaquim",
    "Josette", "Jules", "Karim", "Khadija", "Linh", "Lucien", "Madeleine", "Maëlle", "Malika", "Marcel", "Margaux", "Maurice", "Mehdi",
    "Mireille", "Moussa", "Nadia", "Nicole", "Odette", "Olga", "Pascale", "Paulette", "Pedro", "Quentin", "Raymonde", "René", "Rosa",
    "Sabine", "Samira", "Simone", "Solange", "Sylvain", "Tarik", "Thérèse", "Thi Mai", "Ursule", "Valentin", "Victor", "Yasmine", "Yvette",
    "Yvonne", "Zacharie", "Zoé",
)  # fmt: skip
LAST = (
    "Abadie", "Almeida", "Amrani", "Ardant", "Aubanel", "Bachelard", "Belkacem", "Benali", "Berthier", "Blanchon", "Boissieux", "Bonnardel",
    "Camara", "Carret", "Chabanne", "Charvet", "Clavel", "Colomb", "Da Costa", "Delorme", "Demirel", "Diallo", "Duret", "Duval",
    "Esposito", "Favier", "Ferrand", "Fournel", "Garnier", "Gonin", "Guichard", "Haddad", "Jacquet", "Kaya", "Konaté", "Lacroix", "Laroche",
    "Lefort", "Lopes", "Magnin", "Mansouri", "Marchetti", "Meunier", "Morel", "Nguyen", "Novak", "Ouedraogo", "Pellet", "Perrachon",
    "Petitjean", "Pham", "Popescu", "Ravier", "Rebours", "Rivoire", "Rochas", "Sanchez", "Sauzet", "Tavernier", "Thévenet", "Touré",
    "Traoré", "Vacheron", "Verdier", "Vialle", "Vincent", "Zerbib",
)  # fmt: skip
POPULATION = {1: 30, 2: 31, 3: 103, 4: 36, 5: 49, 6: 52, 7: 85, 8: 85, 9: 53}
"""How many thousand people live in each district, about."""
STREETS = {
    1: ("montée des Cordiers", "rue du Vieux-Puits", "rue des Deux-Fontaines", "place des Rémouleurs", "passage du Chat-Noir",
        "rue de la Navette", "rue Basse-des-Jardins"),
    2: ("quai des Bateliers", "rue de la Coupole", "rue des Marchands-de-Sel", "place du Colporteur", "rue des Deux-Rives",
        "cours des Tilleuls", "rue de l’Ancienne-Douane"),
    3: ("avenue des Maraîchers", "rue des Mûriers", "rue du Grand-Cèdre", "place de l’Horloger", "rue des Brasseurs-Réunis",
        "allée des Iris", "rue du Pré-aux-Oies", "boulevard des Ateliers"),
    4: ("rue des Tisserands", "montée des Vignes", "rue des Glycines", "place de la Bobine", "rue du Métier-à-Tisser",
        "impasse des Lavandières", "rue de la Vue-Belle"),
    5: ("montée des Hirondelles", "chemin des Amandiers", "rue du Colombier-Vert", "rue des Remparts-Fleuris", "place du Cadran",
        "chemin de la Source", "rue des Antiquaires"),
    6: ("boulevard des Magnolias", "rue de la Barque", "rue des Roseraies", "avenue des Paons", "rue de l’Orangerie-Neuve",
        "place des Cygnes"),
    7: ("rue des Forgerons", "avenue des Péniches", "rue du Port-aux-Bois", "rue de la Verrerie", "place des Mariniers",
        "rue des Trois-Saules", "allée des Étudiants", "rue du Chantier-Naval"),
    8: ("avenue des Pavillons", "rue des Cerisiers", "rue du Cinématographe", "place des Platanes", "rue des Horticulteurs",
        "allée du Moulin-Rond", "rue de la Plaine-Haute"),
    9: ("quai de la Passerelle", "rue des Teinturiers", "chemin du Bois-Clair", "place de la Grenouille", "rue de l’Île-Verte",
        "allée des Noisetiers", "rue des Carriers"),
}  # fmt: skip
SQUARE = "place du Marché"
"""Where the people of the story live, in the fourth district: the middle of :data:`HOME` stands at its number 4."""
HOME = (4.8305, 45.7790)
UNKNOWN_PLACES = ("Résidence des Tilleuls, bâtiment B", "Foyer du Parc, appartement 12", "Lotissement des Alouettes, maison 7")
"""Addresses that no table knows: an agent places them."""

WEEKS_OFFERED = (
    "", "Mo-Fr 18:00-20:00", "Sa 09:00-12:00", "Mo-Su 09:00-19:00", "We 14:00-18:00; Sa 09:00-12:00", "Tu,Th 14:00-18:00",
    "Mo-Fr 12:00-14:00; Sa 09:00-18:00", "Sa-Su 10:00-18:00",
)  # fmt: skip
WEEKS_NEEDED = ("", "", "", "Mo-Fr 09:00-12:00", "Mo-Fr 14:00-18:00", "Sa 09:00-12:00", "We 14:00-18:00", "Mo-Fr 17:00-20:00")
OFFERED = (
    ("shopping", "pharmacy"), ("shopping", "conversation"), ("shopping",), ("conversation",), ("conversation", "accompaniment"),
    ("homework",), ("homework", "paperwork"), ("paperwork",), ("accompaniment", "shopping"), ("small_repairs",),
    ("small_repairs", "shopping", "pharmacy"), ("pets", "conversation"),
)  # fmt: skip
SPOKEN = ((), (), (), (), ("en",), ("en",), ("ar",), ("es",), ("pt",), ("it",), ("tr",), ("en", "ar"))
"""What people speak besides French."""
CALLED_FOR = {
    "shopping": 30, "pharmacy": 12, "conversation": 18, "homework": 12, "accompaniment": 14, "paperwork": 14, "small_repairs": 9, "pets": 5,
}  # fmt: skip
"""How often each kind of help is asked for, as a weight."""
SCHOOL_LEVELS = ("CE2", "CM2", "6e", "5e", "4e", "3e")
DETAILS = {
    "shopping": (
        "Un petit panier, deux fois par mois : la liste sera prête la veille.",
        "Des packs d’eau que je ne peux pas monter, il y a trois étages sans ascenseur.",
        "Quelques légumes au marché et du pain. Je paie à la livraison contre le ticket.",
        "Le samedi, ce qui est sur la liste, rien de lourd.",
        "",
    ),
    "pharmacy": (
        "La commande est prête au comptoir, il suffit de la retirer.",
        "La pharmacie est au coin de la rue ; je préviens qu’on passe.",
        "",
    ),
    "conversation": (
        "Prendre un café et parler de livres, de jardinage, de tout et de rien.",
        "Jouer à la belote ou au Scrabble une heure par semaine.",
        "J’aimerais pratiquer le français en parlant de la vie du quartier.",
        "Écouter de la musique et échanger des souvenirs de Lyon.",
        "",
    ),
    "homework": (
        "Les fractions et les problèmes, une heure le mercredi.",
        "Lire à voix haute et refaire la dictée.",
        "Un coup de main en anglais, avec un peu de jeu.",
        "",
    ),
    "accompaniment": (
        "M’accompagner jusqu’à l’arrêt du tramway et m’aider avec mon sac.",
        "Aller ensemble au marché, à mon rythme.",
        "Un rendez-vous en mairie : je ne connais pas le chemin.",
        "",
    ),
    "paperwork": (
        "Une lettre de ma caisse de retraite que je n’arrive pas à comprendre.",
        "Créer un compte sur un site officiel et envoyer un document.",
        "Remplir la demande de carte de transport.",
        "",
    ),
    "small_repairs": (
        "Une ampoule à changer au plafond, j’ai l’ampoule et l’escabeau.",
        "Une étagère qui penche et deux tableaux à accrocher.",
        "La poignée de la porte de la cuisine tourne dans le vide.",
        "",
    ),
    "pets": (
        "Promener un vieux chien très doux, vingt minutes le soir.",
        "Nourrir deux chats pendant cinq jours.",
        "",
    ),
}
REPORTED = "J’ai attendu une heure à l’arrêt et personne n’est venu. Pourriez-vous demander s’il y a eu un malentendu ?"


@dataclass(frozen=True)
class Known:
    """Somebody of the story, by name."""

    name: str
    email: str


CLAIRE = Known("Claire Coordination", "coordination@example.org")
ALAIN = Known("Alain Administration", "administration@example.org")
VIVIANE = Known("Viviane Volontaire", "benevole@example.org")
RENEE = Known("Renée Riveraine", "renee.riveraine@example.net")
BASTIEN = Known("Bastien Chardonnet", "bastien.chardonnet@example.org")
LEA = Known("Léa Morvan", "lea.morvan@example.org")
TIPHAINE = Known("Tiphaine Téléphone", "telephone@example.org")
MODESTE = Known("Modeste Modération", "moderation@example.org")
DELPHINE = Known("Delphine Données", "donnees@example.org")
CAST = {
    "resident": RENEE, "volunteer": VIVIANE, "caller": TIPHAINE, "moderator": MODESTE, "coordinator": CLAIRE, "data_protection": DELPHINE,
    "administrator": ALAIN,
}  # fmt: skip
WRITTEN_TO = {"renee": RENEE, "viviane": VIVIANE, "bastien": BASTIEN, "lea": LEA}
"""Whose mail can be read by itself, by the name that stands in the address."""

ANSWERED = ("Re: Quelqu’un peut vous aider", "Bonjour, c’est très gentil. Est-ce que jeudi à 10 heures irait aussi ? Renée")
"""What Renée writes back: a subject and her words."""
