/** Of the artefact folder: model.json carries it, and a reader refuses any other. */
export const FORMAT_VERSION = 1;
