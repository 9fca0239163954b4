/** What names of columns say. All patterns work on the snake-case form of a name. */

/** "userId", "User Id" and "USER-ID" → "user_id". */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
}

const idSuffix = '(_?(id|no|key|idx|index|code))?';
const userWords = [
  'user',
  'uid',
  'reviewer',
  'member',
  'customer',
  'visitor',
  'viewer',
  'reader',
  'buyer',
  'account',
  'client',
  'person',
  'session',
  'device',
];
const itemWords = [
  'item',
  'iid',
  'movie',
  'video',
  'product',
  'asin',
  'parent_asin',
  'article',
  'news',
  'ad',
  'creative',
  'song',
  'track',
  'book',
  'business',
  'sku',
  'goods',
  'photo',
  'content',
  'document',
  'doc',
  'listing',
  'hotel',
  'recipe',
  'game',
  'app',
  'post',
  'offer',
  'restaurant',
  'note',
  'poi',
];
const labelWords = [
  'label',
  'is_click',
  'click',
  'clicked',
  'is_clicked',
  'clk',
  'target',
  'y',
  'response',
  'is_purchase',
  'purchased',
  'purchase',
  'converted',
  'conversion',
  'is_buy',
  'bought',
];
const ratingWords = [
  'rating',
  'ratings',
  'user_rating',
  'stars',
  'star',
  'star_rating',
  'overall',
  'review_score',
  'score',
];

/** Position in a list of words (better is earlier), or -1. */
function rankIn(words: readonly string[], name: string, suffix: string): number {
  const snake = snakeCase(name);
  return words.findIndex((word) => new RegExp(`^${word}${suffix}$`).test(snake));
}

export const userRank = (name: string): number => rankIn(userWords, name, idSuffix);
export const itemRank = (name: string): number => rankIn(itemWords, name, idSuffix);
export const labelRank = (name: string): number => rankIn(labelWords, name, '');
export const ratingRank = (name: string): number => rankIn(ratingWords, name, '');

export function saysTime(name: string): boolean {
  return /(^|_)(timestamp|time|ts|datetime|date|unix_?review_?time|created|at|dt|day)(_ms|_us|_s|_utc)?$/.test(
    snakeCase(name),
  );
}

export function saysOrder(name: string): boolean {
  return /(^|_)(seq|sequence|order|pos|position|row|rank|turn|step)(_|$)|^(row_?id|index|idx)$/.test(
    snakeCase(name),
  );
}

export function saysSplit(name: string): boolean {
  return /^(split|fold|partition|subset|set|dataset_split)$/.test(snakeCase(name));
}

export function saysText(name: string): boolean {
  return /(^|_)(title|name|text|abstract|description|desc|summary|caption|headline|body|content|review|plot|sentence|query)$/.test(
    snakeCase(name),
  );
}

const reactions =
  'like|follow|comment|forward|share|hate|dislike|favou?rite|collect|subscribe|save|report|purchase|buy|cart|add_to_cart|convert|conversion|download|install|click|reply|retweet|hide|block|profile_enter|enter_profile|play|view|finish|complete|order|pay|return|rate';

/** Measured after the impression: reactions, time spent, what came of it. */
export function saysSignal(name: string): boolean {
  const snake = snakeCase(name);
  return (
    new RegExp(`^(is|has|did)_(${reactions})(d|s|ed)?$`).test(snake) ||
    /^(liked?|followed|commented|forwarded|shared|hated|disliked|favou?rited|collected|subscribed|saved|purchased|bought|converted|downloaded|installed|clicked|replied|finished|completed)$/.test(
      snake,
    ) ||
    /(^|_)(play|watch|watched|dwell|stay|listen|listened|viewing|view|reading|read|engagement)_?(time|duration|ms|sec|secs|seconds|length|ratio|rate|pct|percent|percentage|progress)(_|$)/.test(
      snake,
    ) ||
    /(^|_)(long_view|valid_play|complete_play|completion|dwell|bounce|bounced|post_click|reward|revenue|gmv|sale_amount|payment|after_click|is_profile_enter|profile_enter)(_|$)/.test(
      snake,
    ) ||
    /(^|_)after(_|$)/.test(snake)
  );
}

const behaviour =
  'show|shown|play|click|view|viewed|like|liked|comment|share|shared|follow|forward|report|collect|collected|download|impression|impr|exposure|expose|watch|complete|finish|valid|long_time|short_time|reduce|delete|reply|cancel|direct|first_level|outsite|purchase|sale|sales|sold|order|rating|review|vote|hit|visit|conversion|cart|buy|popularity';

/** A statistic of behaviour: how often it was shown, clicked, bought; its rate or mean rating. */
export function saysStatistic(name: string): boolean {
  const snake = snakeCase(name);
  return (
    new RegExp(
      `(^|_)(${behaviour})(_[a-z_]*)?_(cnt|count|counts|num|number|rate|ratio|ctr|cvr|times|progress|duration|sum|total|avg|mean|score)$`,
    ).test(snake) ||
    new RegExp(`^(num|n|cnt|count|total|sum|avg|average|mean|max|min)_(of_)?(${behaviour})(s|es)?(_|$)`).test(
      snake,
    ) ||
    /^(ctr|cvr|popularity|counts?|rank|trend(ing)?(_score)?|average_rating|avg_rating|mean_rating)$/.test(
      snake,
    )
  );
}

/** Numbers that name something rather than measure it. */
export function saysCategory(name: string): boolean {
  return /(^|_)(id|ids|code|type|category|cat|class|level|status|flag|tab|zip|zipcode|postcode|tag|hash|channel|os|brand|gender|city|region|country|language|occupation|segment|cluster|onehot_feat|feat|hourmin|hour|weekday)\d*$|^onehot|^is_|^has_/.test(
    snakeCase(name),
  );
}

/** The time since when a row of a side table holds. */
export function saysAsOf(name: string): boolean {
  return /(^|_)(last|latest|updated?|snapshot|as_of|asof|valid_from|since|history|effective|recorded)(_|$)/.test(
    snakeCase(name),
  );
}

/** A number or hash that names something: the column's values are not measured and not read. */
export function saysKey(name: string): boolean {
  return /(^|_)(id|key|uuid|guid|hash|token)$/.test(snakeCase(name));
}

/** Chance with which the policy that ran then showed what it showed: known to the log, not to the next policy. */
export function saysPropensity(name: string): boolean {
  const snake = snakeCase(name);
  const policy =
    'action|policy|logging|logged|logging_policy|behaviou?r|behaviou?r_policy|exposure|display|slate|position|selection|sampling|exploration|arm';
  return (
    new RegExp(`^((${policy})_)?(log_?)?propensity(_score)?$`).test(snake) ||
    new RegExp(`^(${policy})_(log_?)?(prob|probs|probability|prb)$`).test(snake) ||
    /^(p_?score|(log_?)?prob|(log_?)?probability)$/.test(snake)
  );
}

/** Which policy, model or arm of an experiment showed the row. */
export function saysPolicy(name: string): boolean {
  return /^((logging_|behaviou?r_|ranking_)?policy(_(id|name|version|key))?|(model|ranker|algorithm|algo)_version|arm(_id|_name)?|(experiment|exp)_(id|arm|group|variant|bucket)|ab_(group|test|bucket|variant|arm)|treatment(_(id|group|arm))?)$/.test(
    snakeCase(name),
  );
}

/** What a ranker could choose from, or chose, for the whole request. */
export function saysOffer(name: string): boolean {
  return /^(candidates?|slate|offered|shown)(_(items?|ids?|item_ids?|list|set))?$/.test(snakeCase(name));
}
