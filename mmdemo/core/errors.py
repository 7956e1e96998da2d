"""Errors whose message is written for the person who caused them."""


class UserError(Exception):
    """Something the user can put right. The message says what is wrong and what to do."""


class MediaError(UserError):
    """An upload that cannot be decoded, or that is outside the bounds."""


class DataMissing(UserError):
    """A data set that is not in the data folder."""


class WeightsError(UserError):
    """A weights folder that is missing, incomplete or corrupted."""
