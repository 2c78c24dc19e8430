"""DICOM: files, folders of them, several series in one folder.

A folder is not a volume. Headers are read first, without pixels, and every frame of every file
becomes a `Plane`; planes are divided into series, one series is stacked, and only its pixels are
read.

    finding     which files are DICOM, in a file's first bytes and in a folder
    planes      a header -> `Plane`s; header_words: values of elements, in frames of their own
    series      planes -> series, the largest first
    stacking    one series -> (T, D) planes in order, affine, what is odd about them
    pixels      planes -> values, decoded and rescaled
    reader      the two readers of the table `READERS`
"""
