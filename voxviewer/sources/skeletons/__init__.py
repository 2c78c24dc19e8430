"""Recordings of moving joints: motion capture and pose files become a `Skeleton`.

Missing joints are NaN, never (0, 0); what was guessed is said in `facts`.

    recording   from joints to the noun: what is missing, what was decided
    topologies  joint names and bones of the known layouts, from resources/topologies
    anatomy     which way is up and how large a unit is, from where head and feet are
    guessing    what a plain array of coordinates says by itself: confidences, layout, joint order
    tracking    persons followed from frame to frame by nearest mean joint distance
    lines       text files read with limits; strict_json: JSON with limits
    ntu, tables + columns, landmarks, openpose + pose_folder, coco, bvh + kinematics,
    c3d + c3d_parameters, pyskl + unpickling     the readers
    poses       which of the JSON readers a JSON file is for
"""
