"""Photos of one's own: features by the encoder that made the open data's, and data folders made of them.

A captions file (`caption_files`) and a folder of pictures become a data folder (`make_data`); the features of
its photos, or of a COCO folder's, are computed in several processes (`encoding`, `encode_folder`). A single
photo gets its features from the encoder of the data that is open (`photo_encoder`), and is compared with the
photos trained on (`resemblance`); features computed elsewhere come as an array (`feature_array`).
"""
