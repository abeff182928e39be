/** How a bank says no: `code` of the error, and `decline` its reason where the code is card_declined. */
export interface Decline {
  code:
    | 'card_declined'
    | 'expired_card'
    | 'incorrect_cvc'
    | 'incorrect_number'
    | 'processing_error'
    | 'authentication_required'
  decline: string
  message: string
}

export type Authentication =
  /** Asked for at every payment, also when the payer is not there. */
  | 'always'
  /** Asked for unless it was once given while the card was stored. */
  | 'unless_set_up'
  /** Asked for only while the payer is there. */
  | 'on_session'
  | 'none'

export interface TestCard {
  number: string
  /** What a person sees on the payment page. */
  label: string
  group: 'Succeeds' | 'Is declined' | 'Asks for 3-D Secure' | 'Fails later'
  brand: string
  country: string
  funding: 'credit' | 'debit' | 'prepaid'
  authentication: Authentication
  /** The answer to each charge; null: money moves. */
  charge: Decline | null
  /** The answer when the card is stored without a charge; null: it can be stored. */
  store: Decline | null
  /** A dispute that follows the charge at once; null: none. */
  dispute: { reason: string; inquiry: boolean } | null
  refund: 'succeeds' | 'succeeds_later' | 'fails_later'
  cvcCheck: 'pass' | 'fail'
  risk: 'normal' | 'elevated' | 'highest'
}

const declined = (decline: string, message: string, code: Decline['code'] = 'card_declined'): Decline => ({
  code,
  decline,
  message,
})
const generic = declined('generic_decline', 'Your card was declined.')
const noFunds = declined('insufficient_funds', 'Your card has insufficient funds.')

/** A test card that differs from an ordinary American Visa in what `differences` says. */
function card(number: string, label: string, differences: Partial<TestCard> = {}): TestCard {
  return {
    number,
    label,
    group: 'Succeeds',
    brand: 'visa',
    country: 'US',
    funding: 'credit',
    authentication: 'none',
    charge: null,
    store: null,
    dispute: null,
    refund: 'succeeds',
    cvcCheck: 'pass',
    risk: 'normal',
    ...differences,
  }
}

function refused(number: string, label: string, decline: Decline): TestCard {
  return card(number, label, { group: 'Is declined', charge: decline, store: decline })
}

function asking(
  number: string,
  label: string,
  authentication: Authentication,
  charge: Decline | null = null,
): TestCard {
  return card(number, label, { group: 'Asks for 3-D Secure', country: 'IE', authentication, charge })
}

function disputed(number: string, label: string, reason: string, inquiry = false): TestCard {
  return card(number, label, { group: 'Fails later', dispute: { reason, inquiry } })
}

/** The published test cards, https://docs.stripe.com/testing (read 2026-11-22); any future date, any three or four digits. */
export const testCards: readonly TestCard[] = [
  card('4242424242424242', 'Visa'),
  card('4000056655665556', 'Visa, debit', { funding: 'debit' }),
  card('5555555555554444', 'Mastercard', { brand: 'mastercard' }),
  card('2223003122003222', 'Mastercard, 2-series', { brand: 'mastercard' }),
  card('5200828282828210', 'Mastercard, debit', { brand: 'mastercard', funding: 'debit' }),
  card('5105105105105100', 'Mastercard, prepaid', { brand: 'mastercard', funding: 'prepaid' }),
  card('378282246310005', 'American Express', { brand: 'amex' }),
  card('371449635398431', 'American Express', { brand: 'amex' }),
  card('6011111111111117', 'Discover', { brand: 'discover' }),
  card('6011000990139424', 'Discover', { brand: 'discover' }),
  card('3056930009020004', 'Diners Club', { brand: 'diners' }),
  card('36227206271667', 'Diners Club, 14 digits', { brand: 'diners' }),
  card('6555900000604105', 'BCcard and DinaCard', { brand: 'discover' }),
  card('3566002020360505', 'JCB', { brand: 'jcb' }),
  card('6200000000000005', 'UnionPay', { brand: 'unionpay' }),
  card('4000002760000016', 'Visa, Germany', { country: 'DE' }),
  card('4000002500000003', 'Visa, France', { country: 'FR' }),
  card('4000008260000000', 'Visa, United Kingdom', { country: 'GB' }),
  card('4000000000000077', 'Visa, money available at once'),
  card('4000000000000101', 'Visa, its security code is not confirmed', { cvcCheck: 'fail' }),
  card('4000000000009235', 'Visa, a little risky', { risk: 'elevated' }),
  refused('4000000000000002', 'Declined', generic),
  refused('4000000000009995', 'Insufficient funds', noFunds),
  refused('4000000000009987', 'Lost card', declined('lost_card', 'Your card was declined.')),
  refused('4000000000009979', 'Stolen card', declined('stolen_card', 'Your card was declined.')),
  refused(
    '4000000000000069',
    'Expired card',
    declined('expired_card', 'Your card has expired.', 'expired_card'),
  ),
  refused(
    '4000000000000127',
    'Wrong security code',
    declined('incorrect_cvc', "Your card's security code is incorrect.", 'incorrect_cvc'),
  ),
  refused(
    '4000000000000119',
    'Processing error',
    declined(
      'processing_error',
      'An error occurred while processing your card. Try again in a little bit.',
      'processing_error',
    ),
  ),
  refused(
    '4000000000006975',
    'Too many payments in a row',
    declined(
      'card_velocity_exceeded',
      'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
    ),
  ),
  card('4100000000000019', 'Blocked as fraud', {
    group: 'Is declined',
    charge: declined('fraudulent', 'Your card was declined.'),
    risk: 'highest',
  }),
  asking('4000002500003155', '3-D Secure, the first time', 'unless_set_up'),
  asking('4000002760003184', '3-D Secure, every time', 'always'),
  asking('4000000000003220', '3-D Secure, while you are there', 'on_session'),
  asking('4000003800000446', '3-D Secure, but stored before', 'on_session'),
  asking('4000008260003178', '3-D Secure, then insufficient funds', 'always', noFunds),
  asking('4000008400001629', '3-D Secure, then declined', 'on_session', generic),
  card('4000000000003055', '3-D Secure possible, not asked for'),
  card('4000000000000341', 'Can be stored, every charge fails', { group: 'Fails later', charge: generic }),
  disputed('4000000000000259', 'Disputed as fraud', 'fraudulent'),
  disputed('4000000000002685', 'Disputed as not received', 'product_not_received'),
  disputed('4000000000001976', 'An inquiry before a dispute', 'fraudulent', true),
  card('4000000000007726', 'A refund succeeds later', { group: 'Fails later', refund: 'succeeds_later' }),
  card('4000000000005126', 'A refund fails later', { group: 'Fails later', refund: 'fails_later' }),
]

const byNumber = new Map(testCards.map((one) => [one.number, one]))

/** The card with this number; null when it is not one of the test cards. */
export function findTestCard(number: string): TestCard | null {
  return byNumber.get(number) ?? null
}

/** Luhn's check digit: whether a number of 12 to 19 digits can be a card's. */
export function isCardNumber(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
