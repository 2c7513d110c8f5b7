"""What gates and centre promise each other: claims and answers, offers of lists."""
