import type { EncodedDataset, TrialRequest } from '../../schema/index.js';
import type { Scoreboard } from '../../stats/index.js';
import { scoreboardOf } from '../evaluation/scoring.js';
import { predictionPath, readValues } from '../trial/prediction-files.js';
import type { ValidationShare } from '../trial/validation-share.js';
import { validationTruth, type ValidationTruth } from '../trial/validation-truth.js';

/** Scores raw validation predictions of finished trials on a share of the users, with influences for intervals. */
export class ValidationScorer {
  private readonly truths = new Map<ValidationShare, ValidationTruth>();
  private readonly rows: number;

  constructor(private readonly dataset: EncodedDataset) {
    this.rows = dataset.task === 'next-item' ? dataset.validation.count : dataset.validation.rows;
  }

  /**
   * @param outcome what the trial came to: its predictions must be those that the journal knows
   * @throws PREDICTIONS_INVALID when the file of the predictions is damaged, FILE_NOT_FOUND when it is gone
   */
  score(
    request: TrialRequest,
    share: ValidationShare,
    outcome?: { readonly predictionsHash: string },
  ): Scoreboard {
    let truth = this.truths.get(share);
    if (truth === undefined) {
      truth = validationTruth(this.dataset, share);
      this.truths.set(share, truth);
    }
    const predictions = readValues(
      predictionPath(request.predictionsDir, request.key, 'validation'),
      this.rows,
      outcome?.predictionsHash,
    );
    return scoreboardOf(truth, predictions);
  }
}
