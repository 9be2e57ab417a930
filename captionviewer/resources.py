"""The files that come with the program: icons, styles and whatever else is no code."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def resource(name: str) -> Path:
    """Return the file `name` of the resources folder, as in `resource("icon.svg")`.

    An installed package holds the folder; in a source checkout it stands beside the package. Raises
    FileNotFoundError, which says where the file was looked for, when it is in neither.
    """
    folders = (PACKAGE / "resources", PACKAGE.parent / "resources")
    for folder in folders:
        file = folder / name
        if file.is_file():
            return file
    looked = " or ".join(map(str, folders))
    raise FileNotFoundError(
        f"captionviewer's own file {name!r} is not in {looked}; install captionviewer anew"
    )
