import { hash32, hashKeys, Rng, uniformAt } from '../../platform/index.js';
import type { World } from '../world.js';

/** What videos sell, and how much people mind its price. */
export interface Shop {
  /** by item; log-normal around 10 */
  readonly price: Float32Array;
  /** by user, hidden: exponent on the price relative to 10; about 1 */
  readonly priceSensitivity: Float32Array;
}

/** Median price. */
const medianPrice = 10;

export function createShop(world: World): Shop {
  const { seed } = world.settings;
  return {
    price: Float32Array.from({ length: world.items.count }, (_, item) =>
      Math.max(0.5, medianPrice * Math.exp(0.8 * new Rng([seed, 'price', item]).normal())),
    ),
    priceSensitivity: Float32Array.from({ length: world.users.count }, (_, user) =>
      Math.exp(0.5 * new Rng([seed, 'price sensitivity', user]).normal()),
    ),
  };
}

const purchaseKey = hashKeys('purchase');

/** What a user pays after a click: the item's price, or 0 for no purchase. */
export function drawPurchase(
  shop: Shop,
  purchaseRate: number,
  user: number,
  item: number,
  satisfaction: number,
  requestKey: number,
  position: number,
): number {
  const relative = shop.price[item] / medianPrice;
  const chance = purchaseRate * Math.exp(1.2 * satisfaction) * relative ** -shop.priceSensitivity[user];
  const bought = uniformAt(hash32(requestKey, purchaseKey), position) < Math.min(0.9, chance);
  return bought ? shop.price[item] : 0;
}
