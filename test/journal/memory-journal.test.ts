import { MemoryJournal } from '../../src/journal/index.js';
import { describeJournal } from './journal-conformance.js';

describeJournal('MemoryJournal', async (clock) => new MemoryJournal(clock));
