"""Who could live in a synthetic market: names by culture, cities with their zones, mail domains.

Every domain is reserved by RFC 2606 (`.example`, example.com, example.net, example.org), so a
synthetic address can never reach a person, whatever server is set.
"""

from typing import NamedTuple


class Place(NamedTuple):
    city: str
    country: str
    zone: str
    culture: str
    weight: float


# Zones without daylight saving, with half hours and on the southern half of the earth are in.
PLACES = (
    Place("New York", "US", "America/New_York", "english", 13),
    Place("Atlanta", "US", "America/New_York", "english", 6),
    Place("Chicago", "US", "America/Chicago", "english", 8),
    Place("Austin", "US", "America/Chicago", "spanish", 4),
    Place("Denver", "US", "America/Denver", "english", 4),
    Place("Phoenix", "US", "America/Phoenix", "spanish", 2),
    Place("Los Angeles", "US", "America/Los_Angeles", "spanish", 6),
    Place("Seattle", "US", "America/Los_Angeles", "english", 5),
    Place("Toronto", "CA", "America/Toronto", "english", 4),
    Place("Montréal", "CA", "America/Toronto", "french", 2),
    Place("Mexico City", "MX", "America/Mexico_City", "spanish", 2),
    Place("São Paulo", "BR", "America/Sao_Paulo", "portuguese", 3),
    Place("London", "GB", "Europe/London", "english", 9),
    Place("Manchester", "GB", "Europe/London", "english", 4),
    Place("Dublin", "IE", "Europe/Dublin", "english", 2),
    Place("Lisbon", "PT", "Europe/Lisbon", "portuguese", 1),
    Place("Berlin", "DE", "Europe/Berlin", "german", 5),
    Place("München", "DE", "Europe/Berlin", "german", 4),
    Place("Vienna", "AT", "Europe/Vienna", "german", 1),
    Place("Zürich", "CH", "Europe/Zurich", "german", 1),
    Place("Paris", "FR", "Europe/Paris", "french", 4),
    Place("Lyon", "FR", "Europe/Paris", "french", 2),
    Place("Madrid", "ES", "Europe/Madrid", "spanish", 3),
    Place("Milan", "IT", "Europe/Rome", "italian", 3),
    Place("Amsterdam", "NL", "Europe/Amsterdam", "dutch", 2),
    Place("Stockholm", "SE", "Europe/Stockholm", "nordic", 1),
    Place("Copenhagen", "DK", "Europe/Copenhagen", "nordic", 1),
    Place("Warsaw", "PL", "Europe/Warsaw", "polish", 1),
    Place("Bengaluru", "IN", "Asia/Kolkata", "indian", 4),
    Place("Singapore", "SG", "Asia/Singapore", "indian", 1),
    Place("Tokyo", "JP", "Asia/Tokyo", "japanese", 1),
    Place("Sydney", "AU", "Australia/Sydney", "english", 3),
    Place("Auckland", "NZ", "Pacific/Auckland", "english", 1),
)

# O'Brien, Zoë, Łukasz and van der Berg are here on purpose: escaping and folding must survive them.
FIRST_NAMES = {
    "english": "Olivia Emma Charlotte Amelia Grace Hannah Zoë Ruby Alice Megan Rachel Lauren "
    "James Oliver William Jack Noah Daniel Samuel Ethan Thomas Ryan Adam Connor",
    "german": "Anna Lena Marie Sophie Katharina Jule Greta Frieda Jürgen Lukas Felix Jonas Max "
    "Stefan Tobias Günter",
    "french": "Camille Chloé Manon Inès Juliette Élodie Léa Margaux Hugo Louis Théo Antoine "
    "Mathieu Julien François Rémi",
    "spanish": "Lucía Sofía Valentina Carmen Elena Marta Camila Paula Diego Javier Mateo José "
    "Carlos Andrés Alejandro Íñigo",
    "italian": "Giulia Chiara Francesca Martina Alessia Elisa Marco Matteo Luca Alessandro "
    "Davide Niccolò",
    "dutch": "Sanne Fleur Lotte Femke Anouk Maud Daan Bram Sem Thijs Ruben Jasper",
    "nordic": "Astrid Freja Ingrid Maja Linnéa Sigrid Søren Magnus Erik Bjørn Oskar Nils",
    "polish": "Zofia Agnieszka Katarzyna Magdalena Maja Ewa Łukasz Paweł Jakub Michał Tomasz Jan",
    "portuguese": "Ana Beatriz Mariana Inês Larissa Júlia João Pedro Tiago Rafael Gustavo Nuno",
    "indian": "Priya Ananya Kavya Meera Divya Isha Arjun Rohan Vikram Aditya Sanjay Karthik",
    "japanese": "Yuki Sakura Aoi Hana Mio Rin Haruto Sota Ren Kenji Daichi Takumi",
}
LAST_NAMES = {
    "english": "Smith,Jones,Taylor,Brown,Wilson,Evans,O'Brien,Walker,Hall,Green,Clarke,Baker,"
    "Turner,Murphy,Hughes,Morgan,Cooper,Reed,Bailey,Foster,Lloyd-Price,MacLeod,Nguyen,Kim",
    "german": "Müller,Schmidt,Schneider,Fischer,Weber,Wagner,Becker,Hoffmann,Koch,Bauer,Richter,"
    "Groß,Vogel,Krämer",
    "french": "Martin,Bernard,Dubois,Moreau,Laurent,Lefèvre,Girard,Rousseau,Mercier,Faure,"
    "d'Arcy,Benoît",
    "spanish": "García,Fernández,López,Martínez,Sánchez,Romero,Torres,Navarro,Vega,Ortiz,Muñoz,"
    "de la Cruz",
    "italian": "Rossi,Russo,Ferrari,Esposito,Bianchi,Ricci,Marino,Greco,Conti,D'Angelo",
    "dutch": "de Jong,Jansen,de Vries,van der Berg,Bakker,Visser,Smit,Meijer,Mulder,Bos",
    "nordic": "Andersson,Johansson,Nilsson,Lindqvist,Hansen,Jensen,Sørensen,Møller,Dahl,Åberg",
    "polish": "Nowak,Kowalski,Wiśniewski,Wójcik,Kamiński,Zieliński,Szymański,Woźniak",
    "portuguese": "Silva,Santos,Oliveira,Souza,Pereira,Costa,Carvalho,Araújo,Gonçalves,Ribeiro",
    "indian": "Sharma,Patel,Iyer,Reddy,Nair,Gupta,Menon,Rao,Desai,Krishnan",
    "japanese": "Sato,Suzuki,Takahashi,Tanaka,Watanabe,Ito,Yamamoto,Nakamura",
}


def first_names(culture: str) -> tuple[str, ...]:
    return tuple(FIRST_NAMES[culture].split())


def last_names(culture: str) -> tuple[str, ...]:
    return tuple(LAST_NAMES[culture].split(","))


class Provider(NamedTuple):
    domain: str
    share: float
    private: float  # share of its users whose mail program fetches every image through a proxy
    scanned: float  # share of its mailboxes behind a gateway that follows links


GMAIL = "gmail.example"
YAHOO = "yahoo.example"
ICLOUD = "icloud.example"
PROVIDERS = (
    Provider(GMAIL, 0.40, 0.10, 0.0),
    Provider("outlook.example", 0.11, 0.08, 0.02),
    Provider("hotmail.example", 0.06, 0.08, 0.0),
    Provider(YAHOO, 0.11, 0.10, 0.0),
    Provider(ICLOUD, 0.10, 0.72, 0.0),
    Provider("aol.example", 0.02, 0.06, 0.0),
)
ORGANISATION = Provider("", 0.20, 0.09, 0.19)

# What people in one culture use where others use Yahoo.
HOME_PROVIDERS = {
    "german": "gmx.example",
    "french": "orange.example",
    "polish": "poczta.example",
    "italian": "libero.example",
    "dutch": "ziggo.example",
    "japanese": "docomo.example",
}

ORGANISATIONS = (
    "example.com",
    "example.org",
    "example.net",
    *(
        f"{name}-{trade}.example"
        for name in ("alder", "birch", "cedar", "ember", "falcon", "harbor", "juniper", "kestrel")
        for trade in ("labs", "works", "foods", "studio", "partners")
    ),
)
