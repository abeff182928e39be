/** The version that the `stripe` package 23.1.0 pins; all objects and events have its shapes. */
export const apiVersion = '2026-10-28.endive'
