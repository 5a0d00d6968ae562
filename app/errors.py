"""What a user can put right: each error is one sentence that says what is wrong and what to do."""


class UserError(Exception):
    """Shown to the user as it stands, without a traceback. Trying again helps only after a change.

    ``exit_code`` is what a command ends with.
    """

    exit_code = 2

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
