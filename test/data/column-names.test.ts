import { describe, expect, it } from 'vitest';
import {
  itemRank,
  labelRank,
  ratingRank,
  saysCategory,
  saysOrder,
  saysSignal,
  saysStatistic,
  saysTime,
  snakeCase,
  userRank,
} from '../../src/data/column-names.js';

describe('what names say', () => {
  it('knows cases', () => {
    expect(['userId', 'User Id', 'USER-ID', 'user_id'].map(snakeCase)).toEqual(Array(4).fill('user_id'));
  });

  it.each([
    [
      'users',
      userRank,
      ['user_id', 'userId', 'uid', 'reviewerID', 'visitor_id'],
      ['used', 'item_id', 'user_agent', 'users_online'],
    ],
    [
      'items',
      itemRank,
      ['item_id', 'movieId', 'asin', 'video_id', 'news_id'],
      ['user_id', 'itemization', 'video_duration'],
    ],
    ['labels', labelRank, ['label', 'click', 'is_click', 'y'], ['clicks_before', 'labelled_by', 'year']],
    ['ratings', ratingRank, ['rating', 'stars', 'overall'], ['rating_count', 'starship']],
  ] as const)('%s', (_, rank, yes, no) => {
    for (const name of yes) expect([name, rank(name) >= 0]).toEqual([name, true]);
    for (const name of no) expect([name, rank(name) >= 0]).toEqual([name, false]);
  });

  it.each([
    [
      'signals',
      saysSignal,
      [
        'is_like',
        'is_follow',
        'long_view',
        'play_time_ms',
        'profile_stay_time',
        'comment_stay_time',
        'is_profile_enter',
        'dwell',
        'watch_ratio',
        'ctr_after',
        'liked',
        'watch_time',
        'is_hate',
      ],
      [
        'duration_ms',
        'tab',
        'is_rand',
        'hourmin',
        'user_id',
        'timestamp',
        'price',
        'is_live_streamer',
        'video_duration',
        'fans_user_num',
        'playlist_id',
      ],
    ],
    [
      'statistics',
      saysStatistic,
      [
        'show_cnt',
        'play_user_num',
        'like_cnt',
        'counts',
        'ctr',
        'num_clicks',
        'average_rating',
        'download_cnt',
        'valid_play_user_num',
      ],
      [
        'server_width',
        'author_id',
        'genres',
        'video_duration',
        'year',
        'age',
        'fans_user_num',
        'register_days',
      ],
    ],
    [
      'times',
      saysTime,
      ['timestamp', 'ts', 'time_ms', 'created_at', 'unixReviewTime', 'date', 'upload_dt'],
      ['sometimes', 'status', 'daylight'],
    ],
    ['orders', saysOrder, ['seq_pos', 'order', 'row_id', 'file_row'], ['border', 'position2', 'price']],
    [
      'categories',
      saysCategory,
      ['author_id', 'onehot_feat3', 'is_new', 'city', 'hourmin'],
      ['price', 'age', 'width', 'score'],
    ],
  ] as const)('%s', (_, says, yes, no) => {
    for (const name of yes) expect([name, says(name)]).toEqual([name, true]);
    for (const name of no) expect([name, says(name)]).toEqual([name, false]);
  });
});
