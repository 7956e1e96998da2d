"""Example sentences and questions, of our own writing."""

from __future__ import annotations

from mmdemo.core.data import examples
from mmdemo.core.language import N_

PAIRS = {
    N_("The same in other words"): (
        "A young man is playing the guitar on a stage.",
        "On a stage, a boy plays a guitar.",
    ),
    N_("One word apart"): ("The cat is sleeping on the sofa.", "The dog is sleeping on the sofa."),
    N_("Denied"): ("A woman is slicing an onion.", "There is no woman slicing an onion."),
    N_("Who bites whom"): ("The dog is biting the man.", "The man is biting the dog."),
    N_("Nothing in common"): (
        "Two children are jumping into the lake.",
        "The minister has raised the tax on bread.",
    ),
}

QUESTIONS = """\
How do I reset my password?
I forgot my password. What can I do?
Can I change the address of my account?
How do I delete my account?
Where do I find my invoices?
Can I get a copy of my bill?
How can I pay by bank transfer?
Which credit cards do you take?
Is it possible to pay in instalments?
Why was my card refused?
When will my parcel arrive?
How long does delivery take?
Where is my order?
Can I follow my parcel?
My parcel has not arrived. What now?
The parcel was damaged on the way.
Do you ship to other countries?
How much does shipping cost?
Can I send something back?
How do I return an article?
Who pays for the return?
When do I get my money back?
The article does not fit. Can I exchange it?
I was sent the wrong article.
Is there a guarantee on the products?
How long is the guarantee?
My device does not start any more.
The screen stays black.
The battery is empty after an hour.
How do I update the software?
The app crashes when I open it.
Does the app run on old phones?
How do I connect the headphones?
The sound is too low.
Can I use it without the internet?
How do I turn off the notifications?
How can I change the language?
Is there a version for children?
Can two people use one account?
How do I cancel my subscription?
When does my subscription end?
Is there a discount for students?
How do I use a voucher?
My voucher does not work.
Are my data safe with you?
Who can see my photos?
How do I download my data?
What are your opening hours?
Are you open on Sundays?
Where is your nearest shop?
Is there a car park near the shop?
How can I reach you by telephone?
Do you have a job for me?
Can I talk to a human being?
How do I leave a review?
How do I report a mistake on the page?
Do you repair old devices?
Where can I buy spare parts?
Can I wash the cover?
What is the cover made of?
""".splitlines()

QUERIES = (
    N_("I lost my login"),
    N_("Are the products under warranty?"),
    N_("How do I end my membership?"),
)


def requests() -> tuple[examples.Request, ...]:
    """Two sentences to compare: what `bench` asks."""
    first, second = PAIRS["The same in other words"]
    file = examples.text_file("sentence_similarity", "pair.txt", f"{first}\t{second}")
    return (
        examples.Request("sentence_similarity_score", {"first": first, "second": second}, (file,)),
    )
