"""The engine on TensorFlow; importing this package imports TensorFlow, without what it logs."""

from unspool.engines.keras.importing import import_tensorflow

import_tensorflow()
