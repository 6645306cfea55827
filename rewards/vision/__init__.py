"""Verifiers of answers about pictures. Importing this package registers them; scipy and numpy load when first needed.

    numbers     the numbers that stand in prose, exactly
    counting    `count`
    chart       `relaxed`, ChartQA's relaxed accuracy
    boxes       coordinates that stand in prose: boxes, points, tuples; frames (pixel, normalised, …)
    regions     pure geometry: IoU, one-to-one matching, point in region
    globe       latitude and longitude as they are written, great-circle distance
    detection   `iou`, `point`, `coordinates`
    reading     `anls`, `ocr`
    consensus   `vqa`, the soft accuracy over human answers
    attributes  `color`, `attribute`
    quantity    exact numbers with units
    geometry    `geometry`

They read text alone: no image enters. Invariants are those of `rewards.text`: linear or capped in the response's
length, never raising because of a response; only an Answer can be at fault (ValueError).
"""

from rewards.vision import attributes, chart, consensus, counting, detection, geometry, reading

__all__ = ["attributes", "chart", "consensus", "counting", "detection", "geometry", "reading"]
