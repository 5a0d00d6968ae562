"""First names that children in France often have, without accents: by them a name is known that is written small or in capitals."""

FIRST_NAMES = frozenset(name for names in (
    "aaron abdoulaye adam adele adrien agathe aicha albane alexandre alexis ali alice alicia alix alma ambre amelia amina aminata amine",
    "amir anaelle anna antoine anton apolline arthur assia augustin axel aya ayden ayoub baptiste basile bastien ben benjamin bilal",
    "camille candice capucine celestine charlie charlotte charly chloe clara clemence clement constance corentin daniel diego dylan",
    "eden elena eleonore eliott elise ella elliot elsa emilie emily emma enzo esteban ethan eva evan fatima fatou fatoumata faustine",
    "florian gabin gabriel gabrielle garance gaspard george giulia guillaume hamza hana harry hawa heloise henry hugo ibrahim ibrahima",
    "ilyes imran inaya ines iris isaac isla ismael jack jade james jeanne jules julia julien juliette justine karim kevin khadija",
    "kylian lana laura lea lena lenny leo leon leonie liam lily lina lisa lise logan lola lou louis louise luca lucas lucie luna lyam",
    "lyna mael maelys malo mamadou manon marceau margaux margot mariam marie marion marius martin matheo mathilde mathis maxence maxime",
    "maya mehdi mia mila milo mohamed moussa mya naim nathan nicolas nina noah noam noe noemie nolan nora nour oceane oliver olivia",
    "omar oscar ousmane owen paul pauline quentin rafael rania raphael rayan robin romain romy rose roxane ruby sacha salma salome",
    "samuel sarah sekou simon sirine soan sofia solene soline sophia sophie tea thais thea theo thomas tiago timeo tiphaine titouan tom",
    "tristan valentin valentine victor victoria wassim william yanis yasmine yassine younes youssef zoe",
) for name in names.split())  # fmt: skip
