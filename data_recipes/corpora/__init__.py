"""Small corpora out of what the installed packages ship, so that every recipe can be built before one's own data is at hand.

    python -m data_recipes.corpora corpora

    documents/      english, chinese, code, code_text (text and code in turn), mathematics, knowledge (.jsonl): docstrings, source
                    text, descriptions of data sets
    exemplars/      code_text: what the step `recall` is to find more of
    captions/       pictures with captions in English and Chinese
    interleaved/    documents in which paragraphs stand as pictures, in their place
    sft/            the parts of the supervised mixture that no generator makes

Real text under its own licence, a licence a record. Enough for about a thousandth of the paper's numbers; never a
substitute for data of one's own. The same packages give the same bytes.

    docstrings   documents and questions out of the source files of packages; nothing is imported
    pictures     photographs, handwriting and drawings, with captions
    examples     supervised examples
    write        all of it into a folder
"""
