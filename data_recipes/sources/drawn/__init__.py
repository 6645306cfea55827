"""What the drawn vision sources are made of: boards, scenes, rules, questions."""
