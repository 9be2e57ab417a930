"""The words that people have for what a scene holds; each with how often it is chosen."""

Choice = tuple[tuple[str, float], ...]


def _even(*words: str) -> Choice:
    return tuple((word, 1.0) for word in words)


# (one, several, how often)
NOUNS: dict[str, tuple[tuple[str, str, float], ...]] = {
    "house": (("house", "houses", 7), ("cottage", "cottages", 2), ("home", "homes", 1)),
    "tree": (("tree", "trees", 1),),
    "car": (("car", "cars", 1),),
    "bus": (("bus", "buses", 1),),
    "bicycle": (("bike", "bikes", 3), ("bicycle", "bicycles", 3)),
    "boat": (("boat", "boats", 3), ("sailboat", "sailboats", 3), ("sail boat", "sail boats", 0.4)),
    "cat": (("cat", "cats", 6), ("kitten", "kittens", 1), ("kitty", "kitties", 0.4)),
    "dog": (("dog", "dogs", 6), ("puppy", "puppies", 1.5)),
    "rabbit": (("rabbit", "rabbits", 4), ("bunny", "bunnies", 3)),
    "sheep": (("sheep", "sheep", 6), ("lamb", "lambs", 0.7)),
    "duck": (("duck", "ducks", 1),),
    "bird": (("bird", "birds", 1),),
    "flower": (("flower", "flowers", 1),),
    "umbrella": (("umbrella", "umbrellas", 5), ("parasol", "parasols", 1)),
    "bench": (("bench", "benches", 1),),
    "chair": (("chair", "chairs", 4), ("armchair", "armchairs", 2)),
    "ball": (("ball", "balls", 3), ("beach ball", "beach balls", 2)),
    "snowman": (("snowman", "snowmen", 1),),
    "bear": (
        ("teddy bear", "teddy bears", 5),
        ("teddy", "teddies", 0.6),
        ("stuffed bear", "stuffed bears", 1),
    ),
    "balloon": (("hot air balloon", "hot air balloons", 4), ("balloon", "balloons", 3)),
    "kite": (("kite", "kites", 1),),
    "airplane": (("airplane", "airplanes", 3), ("plane", "planes", 3)),
}

# Kinds whose colour is that of something they wear: one, several
WEARS = {"snowman": ("scarf", "scarves")}

_ANIMAL = (("cute", 3.0), ("little", 3.0), ("small", 1.5), ("happy", 1.0))
_VEHICLE = (("old", 2.0), ("small", 2.0), ("little", 1.5), ("shiny", 1.0))
ADJECTIVES: dict[str, Choice] = {
    "house": (("big", 1), ("small", 3), ("little", 3), ("nice", 1), ("wooden", 1)),
    "tree": (("big", 3), ("large", 3), ("tall", 2), ("round", 1)),
    "car": _VEHICLE,
    "bus": (("big", 3), ("large", 2), ("long", 1), ("city", 2)),
    "bicycle": _VEHICLE,
    "boat": (("small", 3), ("little", 2), ("big", 1), ("wooden", 1)),
    "cat": (*_ANIMAL, ("striped", 1)),
    "dog": _ANIMAL,
    "rabbit": _ANIMAL,
    "sheep": (("fluffy", 3), ("woolly", 1.5), ("fat", 1), ("happy", 1)),
    "duck": _ANIMAL,
    "bird": (("small", 3), ("little", 3), ("pretty", 1), ("colorful", 1)),
    "flower": (("big", 2), ("tall", 3), ("pretty", 2), ("beautiful", 2)),
    "umbrella": (("large", 3), ("striped", 3), ("open", 2), ("big", 2)),
    "bench": (("wooden", 3), ("empty", 3), ("long", 1), ("park", 2)),
    "chair": (("comfortable", 2), ("soft", 2), ("big", 2), ("empty", 1)),
    "ball": (("striped", 3), ("big", 2), ("round", 1), ("colorful", 1)),
    "snowman": (("smiling", 3), ("happy", 2), ("big", 1), ("cute", 1)),
    "bear": (("cute", 3), ("soft", 2), ("little", 2), ("toy", 1)),
    "balloon": (("striped", 3), ("big", 2), ("large", 2), ("colorful", 2)),
    "kite": (("colorful", 3), ("big", 2), ("pretty", 1), ("long", 0.5)),
    "airplane": (("small", 4), ("little", 2), ("old", 1), ("toy", 0.7)),
}

# What a thing is doing: kind, or kind and place.
DOING: dict[str, Choice] = {
    "house": (("standing", 2), ("sitting", 2), ("built", 0.7)),
    "tree": (("growing", 3), ("standing", 3)),
    "car": (("parked", 4), ("driving", 3), ("stopped", 1)),
    "bus": (("parked", 3), ("driving", 3), ("stopped", 2)),
    "bicycle": (("parked", 5), ("standing", 2), ("left", 1)),
    "boat": (("sailing", 4), ("floating", 3)),
    "cat": (("sitting", 6), ("sitting up", 0.7), ("resting", 0.7)),
    "dog": (("standing", 5), ("walking", 1.5), ("playing", 1)),
    "rabbit": (("sitting", 5), ("sitting up", 1), ("resting", 0.7)),
    "sheep": (("standing", 5), ("grazing", 2)),
    "duck": (("standing", 3), ("walking", 3)),
    "duck floats": (("swimming", 5), ("floating", 3)),
    "bird": (("flying", 6), ("soaring", 1)),
    "bird stands": (("sitting", 3), ("perched", 3), ("resting", 1)),
    "flower": (("growing", 4), ("blooming", 3), ("standing", 1)),
    "umbrella": (("standing", 3), ("set up", 2), ("opened", 1.5)),
    "bench": (("sitting", 3), ("standing", 2), ("placed", 1)),
    "chair": (("sitting", 3), ("standing", 2), ("placed", 1)),
    "ball": (("sitting", 3), ("lying", 3), ("laying", 1), ("resting", 1)),
    "snowman": (("standing", 5), ("smiling", 1)),
    "bear": (("sitting", 6), ("resting", 0.7)),
    "balloon": (("floating", 4), ("flying", 3), ("drifting", 1)),
    "kite": (("flying", 6), ("floating", 1)),
    "airplane": (("flying", 6), ("soaring", 0.7)),
}

AT: dict[str, Choice] = {
    "park": (
        ("in the park", 3),
        ("in a park", 3),
        ("on the grass", 3),
        ("in the grass", 2),
        ("in a grassy field", 2),
        ("on a green lawn", 1),
    ),
    "beach": (
        ("on the beach", 5),
        ("on a beach", 2),
        ("on the sand", 3),
        ("on a sandy beach", 2),
        ("by the sea", 1.5),
        ("near the ocean", 1.5),
    ),
    "street": (
        ("on the street", 4),
        ("on a city street", 3),
        ("in the street", 2),
        ("on the road", 2.5),
        ("in a town", 1.5),
    ),
    "snow": (("in the snow", 6), ("on the snow", 1.5), ("in a snowy field", 3), ("on a snowy hill", 1)),
    "lake": (
        ("by the lake", 3),
        ("near a lake", 2),
        ("next to the water", 2),
        ("by the water", 2),
        ("on the shore", 1),
    ),
    "farm": (
        ("in a field", 4),
        ("on a farm", 4),
        ("on the farm", 1),
        ("in the grass", 2),
        ("in the country", 1),
    ),
    "forest": (("in the forest", 3), ("in a forest", 2.5), ("in the woods", 3), ("among the trees", 1.5)),
    "room": (
        ("in a room", 2),
        ("on a rug", 3),
        ("in the living room", 2),
        ("in a living room", 2),
        ("on the floor", 2),
        ("by the window", 1),
    ),
}
AT_WATER: dict[str, Choice] = {
    "beach": (
        ("on the water", 3),
        ("in the ocean", 2.5),
        ("on the sea", 2),
        ("near the beach", 2),
        ("in the water", 2),
    ),
    "lake": (
        ("on the lake", 3),
        ("on a lake", 2.5),
        ("in the water", 2.5),
        ("on the water", 2),
        ("on a calm lake", 1),
    ),
}
AT_HEIGHT: dict[str, Choice] = {
    "park": (
        ("over the park", 3),
        ("over a park", 2),
        ("in the sky", 4),
        ("above the trees", 2),
        ("over a green field", 1.5),
    ),
    "beach": (
        ("over the beach", 3),
        ("over the ocean", 3),
        ("in the sky", 4),
        ("above the sea", 2),
        ("over the water", 2),
    ),
    "street": (
        ("over the city", 3),
        ("over a street", 2.5),
        ("in the sky", 4),
        ("above the houses", 2),
        ("over the town", 2),
    ),
    "snow": (
        ("over the snow", 3),
        ("over snowy mountains", 2),
        ("in the sky", 4),
        ("above the mountains", 2),
        ("over a snowy field", 2),
    ),
    "lake": (
        ("over the lake", 3),
        ("over a lake", 3),
        ("in the sky", 4),
        ("over the water", 2),
        ("above the water", 2),
    ),
    "farm": (
        ("over a field", 3),
        ("over the farm", 2),
        ("in the sky", 4),
        ("above the fields", 2),
        ("over a farm", 2),
    ),
}
WHEN: dict[str, Choice] = {
    "day": (("on a sunny day", 3), ("during the day", 2), ("on a clear day", 1.5), ("on a nice day", 1)),
    "sunset": (("at sunset", 4), ("in the evening", 2), ("at dusk", 1), ("as the sun goes down", 1)),
    "night": (("at night", 6), ("under the stars", 1.5), ("in the dark", 1), ("under a starry sky", 1)),
    "snow day": (("on a snowy day", 3), ("in winter", 2), ("on a cold day", 2), ("while it is snowing", 1)),
    "forest day": _even("during the day", "in the shade"),
    "room day": _even("inside", "indoors", "at home", "in a house"),
}
SCENERY: dict[str, Choice] = {
    "park": _even("a park", "a green park", "a grassy field"),
    "beach": _even("a beach", "a sandy beach", "the beach"),
    "street": _even("a street", "a city street", "a quiet street", "a small town"),
    "snow": _even("a snowy field", "a winter landscape", "a snowy place"),
    "lake": _even("a lake", "a calm lake", "a lake with reeds"),
    "farm": _even("a farm", "a field", "a farm field"),
    "forest": _even("a forest", "the woods", "a green forest"),
    "room": _even("a room", "a living room", "a cozy room"),
}
BACKGROUND: dict[str, Choice] = {
    "park": _even("trees", "green hills", "hills and trees"),
    "beach": _even("the ocean", "the sea", "water"),
    "street": _even("buildings", "houses", "a row of houses"),
    "snow": _even("mountains", "snowy mountains", "pine trees"),
    "lake": _even("water", "trees", "hills"),
    "farm": _even("fields", "fields and hills", "farm land"),
    "forest": _even("tall trees", "trees", "tree trunks"),
    "room": _even("a window", "a window and pictures", "curtains"),
}
SCENE_OF: dict[str, Choice] = {
    "park": _even("park", "spring"),
    "beach": _even("beach", "seaside"),
    "street": _even("street", "city"),
    "snow": _even("winter", "snowy"),
    "lake": _even("lake", "peaceful"),
    "farm": _even("farm", "country"),
    "forest": _even("forest", "woodland"),
    "room": _even("indoor", "living room"),
}
# How the company stands to the main thing, and the main thing to the company.
RELATIONS: dict[str, tuple[Choice, Choice, Choice]] = {
    "next to": (
        (("next to", 5), ("beside", 2), ("near", 2), ("by", 1)),
        (("next to", 5), ("beside", 2), ("near", 2), ("by", 1)),
        (("next to it", 3), ("beside it", 2), ("nearby", 1)),
    ),
    "in front of": (
        (("in front of", 5), ("near", 1)),
        (("behind", 3), ("near", 1)),
        (("in front of it", 3), ("in front", 1), ("nearby", 0.6)),
    ),
    "behind": (
        (("behind", 5), ("in back of", 0.4)),
        (("in front of", 5), ("near", 0.7)),
        (("behind it", 3), ("in the background", 2), ("in the distance", 1)),
    ),
    "on": (
        (("on", 3), ("on top of", 3), ("sitting on", 2)),
        (("under", 2), ("below", 0.6)),
        (("on it", 2), ("on top of it", 2), ("on top", 1)),
    ),
    "under": (
        (("under", 5), ("below", 1), ("underneath", 0.7)),
        (("above", 2), ("over", 3)),
        (("under it", 3), ("below it", 1), ("underneath", 1)),
    ),
    "above": (
        (("above", 3), ("over", 3), ("flying over", 2)),
        (("under", 3), ("below", 2)),
        (("above it", 3), ("in the sky", 3), ("overhead", 0.7), ("flying above it", 1)),
    ),
}  # fmt: skip
SYNONYMS: dict[str, Choice] = {
    "gray": (("gray", 3), ("grey", 2)),
    "orange cat": (("orange", 4), ("ginger", 1)),
    "orange tree": (("orange", 4), ("autumn", 1)),
    "pink tree": (("pink", 5), ("cherry", 1)),
}
# Now and then someone says a word that nobody else would: these fall to <UNK>.
RARE = (
    "absurd", "adorable", "aged", "airy", "ancient", "angelic", "awkward", "balmy", "bashful", "beaming",
    "bedraggled", "bewildered", "blissful", "bold", "bouncy", "breezy", "brooding", "bulky", "carefree",
    "charming", "cheeky", "chubby", "clumsy", "contented", "cranky", "crooked", "curious", "dainty",
    "dapper", "daring", "dashing", "delightful", "demure", "dignified", "dozy", "dreamy", "drowsy",
    "dusty", "elegant", "enchanted", "enormous", "excited", "exotic", "faded", "famous", "fearless",
    "festive", "fierce", "forgotten", "forlorn", "frisky", "gallant", "gentle", "gigantic", "glamorous",
    "gleaming", "gloomy", "glossy", "goofy", "graceful", "grand", "grumpy", "handmade", "haughty",
    "hefty", "homely", "hopeful", "humble", "immaculate", "impish", "jaunty", "jolly", "jovial", "joyful",
    "lanky", "lavish", "lazy", "lofty", "lonely", "lopsided", "lovable", "loyal", "majestic", "mellow",
    "merry", "mighty", "modest", "motionless", "mysterious", "nameless", "neat", "neglected", "noble",
    "nostalgic", "odd", "ornate", "patient", "peculiar", "pensive", "perky", "picturesque", "plain",
    "playful", "plump", "polished", "polite", "proud", "puffy", "quaint", "quirky", "radiant", "ragged",
    "regal", "rickety", "robust", "rustic", "sassy", "scruffy", "serene", "shabby", "shaggy", "sleek",
    "sleepy", "sly", "snug", "solemn", "solitary", "spirited", "splendid", "spotless", "sprightly",
    "stately", "stout", "sturdy", "sunlit", "surprised", "tattered", "tidy", "timid", "tranquil",
    "trusty", "unusual", "vibrant", "vintage", "weary", "whimsical", "wistful", "witty", "wobbly",
    "wondrous", "zany", "zesty",
)  # fmt: skip
