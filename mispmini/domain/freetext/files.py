"""Names of files: by an extension that attackers and their victims use, or by a path (MODEL §7.17)."""

import re

_EXTENSIONS = frozenset(re.findall(r"\S+", """
    7z ace apk app asp aspx bak bat bin bmp bz2 cab cer cfg chm cmd conf config cpl crt csv dat db dbf dll dmg doc
    docm docx dot dotm dotx dylib elf eml exe flv gif gz hta htm html ico img inf ini ipa iqy iso jar jnlp jpeg jpg
    js jse json jsp key lnk log lzh mdb mht mov mp3 mp4 msc msg msi msp odp ods odt ocx one pem pdf php pif pl png
    pps ppsm ppt pptm pptx ps1 psd psm1 pub py pyc rar rb reg rtf scf scr settings sh sldm slk so sql sqlite svg swf
    sys tar tgz tif tiff tmp torrent txt url uue vb vba vbe vbs vhd vhdx war wav webm wim wma wmv wsf wsh xll xla
    xlam xls xlsb xlsm xlsx xlt xltm xml xps xz yaml yml z zip zst zipx
"""))  # fmt: skip
_NAME = re.compile(r"[^/\\:*?\"<>|\s]+\.([A-Za-z0-9]{1,8})")
_PATH = re.compile(r"(?:[A-Za-z]:\\|\\\\[^\\\s]+\\|%[A-Za-z_()0-9]+%\\|/(?:[^/\s]+/)+|~/)\S+")


def looks_like_file(name: str) -> bool:
    """Whether a name ends in an extension that is known to us."""
    found = _NAME.fullmatch(name)
    return found is not None and found[1].lower() in _EXTENSIONS


def is_file_name(piece: str) -> bool:
    """Whether a piece is a file: a path from a root, or a name, behind folders or not, with a known extension."""
    if _PATH.fullmatch(piece):
        return True
    return looks_like_file(re.split(r"[\\/]", piece)[-1])
