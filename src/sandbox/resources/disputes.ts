import { given } from '../objects/given.ts'
import { mergeMetadata } from '../objects/metadata.ts'
import { closeDispute } from '../payments/close-dispute.ts'
import { invalid } from '../wire/api-error.ts'
import { endpoint } from '../wire/endpoint.ts'
import { created, listObjects, pagination } from '../wire/list.ts'
import { boolean, metadata, object, text } from '../wire/parameters.ts'
import { named } from './find.ts'

/** What may be said against a dispute; files are not served. */
const evidence = object({
  access_activity_log: text(20_000),
  billing_address: text(),
  cancellation_policy_disclosure: text(20_000),
  cancellation_rebuttal: text(20_000),
  customer_email_address: text(),
  customer_name: text(),
  customer_purchase_ip: text(),
  duplicate_charge_explanation: text(20_000),
  duplicate_charge_id: text(),
  product_description: text(20_000),
  refund_policy_disclosure: text(20_000),
  refund_refusal_explanation: text(20_000),
  service_date: text(),
  uncategorized_text: text(20_000),
})

export const disputeEndpoints = [
  endpoint(
    'GET',
    '/v1/disputes',
    'dispute',
    { ...pagination, charge: text(), created, payment_intent: text() },
    ({ work }, params) =>
      listObjects(work, 'dispute', params, {
        url: '/v1/disputes',
        refs: { charge: params.charge, payment_intent: params.payment_intent },
        createdIn: params.created,
      }),
  ),
  endpoint(
    'GET',
    '/v1/disputes/{id}',
    'dispute',
    {},
    async ({ work, id }) => (await named(work, 'dispute', id, { param: 'dispute' })).data,
  ),
  endpoint(
    'POST',
    '/v1/disputes/{id}',
    'dispute',
    { evidence, metadata: metadata(), submit: boolean() },
    async ({ work, id }, params) => {
      const { data } = await named(work, 'dispute', id, { param: 'dispute', take: true })
      if (!data.status.endsWith('needs_response')) throw invalid('This dispute is already closed.', 'dispute')
      const said = { ...data.evidence, ...given(params.evidence ?? {}) }
      const submitted = params.submit !== false && params.evidence !== undefined
      work.change(
        'dispute',
        id,
        {
          evidence: said,
          evidence_details: {
            ...data.evidence_details,
            has_evidence: data.evidence_details.has_evidence || params.evidence !== undefined,
            submission_count: data.evidence_details.submission_count + (submitted ? 1 : 0),
            submission_method: submitted ? 'manual' : data.evidence_details.submission_method,
          },
          metadata: mergeMetadata(data.metadata, params.metadata),
          ...(submitted
            ? { status: data.status === 'needs_response' ? 'under_review' : 'warning_under_review' }
            : {}),
        },
        'charge.dispute.updated',
      )
      // The two texts that decide a test dispute: https://docs.stripe.com/testing#evidence (read 2026-11-22).
      const verdict = submitted ? params.evidence?.uncategorized_text : undefined
      if (verdict === 'winning_evidence') await closeDispute(work, id, 'won')
      if (verdict === 'losing_evidence') await closeDispute(work, id, 'lost')
      return work.held('dispute', id)
    },
  ),
  endpoint('POST', '/v1/disputes/{id}/close', 'dispute', {}, async ({ work, id }) => {
    const { data } = await named(work, 'dispute', id, { param: 'dispute', take: true })
    if (!data.status.endsWith('needs_response')) throw invalid('This dispute is already closed.', 'dispute')
    return closeDispute(work, id, 'lost')
  }),
]
